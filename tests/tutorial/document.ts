// docs/tutorial.md as commands and what they print: a fence `sh` is typed, the fence `text` after it is
// what comes. What differs between machines is left out of both by the rules below.

// A fence of commands.
export interface Block {
  commands: string;
  /** Its program runs on, while the commands after it are typed. */
  untilCtrlC: boolean;
  /** What stands in the document as printed; nothing where no fence follows. */
  printed: string;
  /** The line of the first command. */
  line: number;
}

const BLOCK = /^```(sh(?: until Ctrl-C)?)\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm;

export function blocksOf(document: string): Block[] {
  return [...document.matchAll(BLOCK)].map((match) => {
    const [, kind = '', commands = '', printed = ''] = match;
    const line = document.slice(0, match.index).split('\n').length + 1;
    return { commands, untilCtrlC: kind !== 'sh', printed, line };
  });
}

// The document with what the blocks printed, in their order.
export function renewed(document: string, printed: readonly string[]): string {
  let at = 0;
  return document.replace(BLOCK, (_, kind: string, commands: string) => {
    const text = printed[at++] ?? '';
    const typed = `\`\`\`${kind}\n${commands}\`\`\`\n`;
    return text === '' ? typed : `${typed}\n\`\`\`text\n${text}\`\`\`\n`;
  });
}

// What another machine, compiler or day says differently, and what stands there instead. A shorter number
// has more spaces before it in a column, so these are taken along.
const RULES: readonly (readonly [RegExp, string])[] = [
  [/^(?:setup:|building |kernel:|fetching ).*\n/gm, ''],
  [/^the \d+ steps will take about .*\n/gm, ''],
  [/^(step \d+\/\d+ {2}loss [\d.]+).*$/gm, '$1  …'],
  [/^( {2}(?:program and C library|total|RAM that is free)) +[\d,]+$/gm, '$1  …'],
  [/(?<=peak of the whole program )[\d,]+/g, '…'],
  [/^(time +)\S+ s(?= in the emulator)/gm, '$1… s'],
  [/^( +)\S+ s(?= without it \(host\))/gm, '$1… s'],
  [/^(memory plan ).* kB(?= \(emulated\))/gm, '$1… kB of at most … kB'],
  [/^(memory +peak ).* kB(?= \(emulated\))/gm, '$1… kB, plan … kB'],
  [/^( +limit ).* kB were free/gm, '$1… kB; … kB of … kB were free'],
  [/^(work +)[\d,]+/gm, '$1…'],
  [/(?<="id":"cmpl-)[\w-]+/g, '…'],
  [/(?<="created":)\d+/g, '…'],
];

// Of steps in a row, the first and the last.
const STEPS = /^(step .*…\n)(?:step .*…\n)+(step .*…\n)/gm;

// What was printed, as it stands in the document.
export function asInDocument(printed: string): string {
  const known = RULES.reduce((text, [what, instead]) => text.replace(what, instead), printed);
  return known.replace(STEPS, '$1...\n$2').replace(/[^\n]$/, '$&\n');
}
