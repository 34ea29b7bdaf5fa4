// Reads what `objdump -d -M att` prints: the instructions of a file, with their places and lengths.
import { exec } from '../support/exec.ts';

export interface Instruction {
  address: number;
  /** Its length in bytes; 0 where the text shows no bytes. */
  bytes: number;
  /** The function it stands in. */
  function: string;
  /** As it is printed, with prefixes and without comments. */
  text: string;
  mnemonic: string;
  operands: string;
  /** Prefixes in front of the mnemonic: "rep", "lock". */
  prefixes: readonly string[];
}

const HEADER = /^[0-9a-f]+ <(.+)>:$/;
const CODE = /^\s*([0-9a-f]+):\t((?:[0-9a-f]{2} )+)?\s*(?:\t?(\S.*))?$/;
const PREFIX = /^(lock|rep|repz|repnz|data16|addr16|notrack|bnd|[cdefgs]s)(?:\s+|$)/;

// The disassembly of an object file or a linked program, as text.
export async function disassembleText(file: string): Promise<string> {
  const { stdout } = await exec('objdump', ['-d', '-M', 'att', file], {
    what: 'disassemble the linked program',
    env: { LC_ALL: 'C' },
  });
  return stdout;
}

// The instructions of a disassembly. A line of bytes alone belongs to the instruction before it.
export function readDisassembly(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let inside = '(no function)';
  for (const line of text.split('\n')) {
    inside = HEADER.exec(line)?.[1] ?? inside;
    const code = CODE.exec(line);
    if (!code) continue;
    const bytes = (code[2] ?? '').split(' ').length - 1;
    const before = instructions.at(-1);
    if (code[3])
      instructions.push(instructionOf(Number.parseInt(code[1] ?? '', 16), bytes, inside, code[3]));
    else if (before) before.bytes += bytes;
  }
  return instructions;
}

function instructionOf(
  address: number,
  bytes: number,
  inside: string,
  printed: string,
): Instruction {
  const text = printed
    .replace(/\s*(#.*|<[^>]*>)$/, '')
    .replace(/\s+/g, ' ')
    .trim();
  const prefixes: string[] = [];
  let rest = text;
  for (let found = PREFIX.exec(rest); found; found = PREFIX.exec(rest)) {
    prefixes.push(found[1] ?? '');
    rest = rest.slice(found[0].length);
  }
  const [, mnemonic = '', operands = ''] = /^(\S+)\s*(.*)$/.exec(rest) ?? [];
  return { address, bytes, function: inside, text, mnemonic, operands, prefixes };
}
