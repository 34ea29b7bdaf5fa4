// Instructions that a target does without, and what stands in their place: the compiler's assembly
// text is rewritten before it is assembled. And the proof that this is all that it changes.
import { UserError } from '../support/errors.ts';
import { disassembleText, type Instruction, readDisassembly } from './disassembly.ts';

// An instruction of two operands, and others that compute the same, in AT&T spelling.
export interface Replacement {
  mnemonic: string;
  /** With SOURCE and TARGET for its operands. */
  by: readonly string[];
}

// Bochs 2.7 refuses unpcklps and unpckhps on a Pentium III, which has them: it counts them among
// SSE2. Two shuffles do the same without another register: the first brings the wanted halves of
// both operands together (t0 t1 s0 s1, or t2 t3 s2 s3), the second interleaves them.
export const withoutUnpack: readonly Replacement[] = [
  { mnemonic: 'unpcklps', by: ['shufps $0x44,SOURCE,TARGET', 'shufps $0xd8,TARGET,TARGET'] },
  { mnemonic: 'unpckhps', by: ['shufps $0xee,SOURCE,TARGET', 'shufps $0xd8,TARGET,TARGET'] },
];

// The assembly text with the replacements made; throws where one cannot be.
export function replaceInstructions(
  assembly: string,
  replacements: readonly Replacement[],
): string {
  const made = replacements.reduce((text, { mnemonic, by }) => {
    const line = new RegExp(`^[ \\t]*${mnemonic}[ \\t]+(.+),[ \\t]*(%\\w+)[ \\t]*$`, 'gm');
    return text.replace(line, (_, source: string, target: string) =>
      expanded(by, source, target)
        .map((instruction) => `\t${instruction}`)
        .join('\n'),
    );
  }, assembly);
  const left = replacements.find(({ mnemonic }) => new RegExp(`\\b${mnemonic}\\b`).test(made));
  if (left) throw new UserError(`the assembly holds ${left.mnemonic} in a form that is not known`);
  return made;
}

function expanded(by: readonly string[], source: string, target: string): string[] {
  return by.map((one) => one.replaceAll('SOURCE', source).replaceAll('TARGET', target));
}

// How many instructions were replaced, of how many.
export interface ReplacedCount {
  replaced: number;
  instructions: number;
}

// Compares two linked programs, instruction by instruction: the second must be the first with the
// replacements made. Throws a UserError that names the first instruction that is another one.
export async function checkReplaced(
  original: string,
  changed: string,
  replacements: readonly Replacement[],
): Promise<ReplacedCount> {
  const [before, after] = [await disassembleText(original), await disassembleText(changed)];
  return compareReplaced(before, after, replacements);
}

// The same for the texts that `objdump -d -M att` prints.
export function compareReplaced(
  original: string,
  changed: string,
  replacements: readonly Replacement[],
): ReplacedCount {
  const before = readDisassembly(original);
  const made = before.flatMap((one) => replaced(one, replacements));
  const after = readDisassembly(changed);
  const places = new Places(made, after);
  const [wanted, found] = [made.filter(isCode), after.filter(isCode)];
  for (const [index, one] of wanted.entries()) {
    const other = found[index];
    if (!other || !places.areAlike(one, other)) throw differs(one, other);
  }
  const further = found[wanted.length];
  if (further) throw differs(undefined, further);
  const isReplaced = (one: Instruction) => rowOf(one, replacements) !== undefined;
  return {
    replaced: before.filter(isReplaced).length,
    instructions: before.filter(isCode).length,
  };
}

// What the assembler fills up with, so that a loop begins at an even address, is no code.
function isCode({ mnemonic, operands }: Instruction): boolean {
  if (/^nop[wl]?$/.test(mnemonic) || mnemonic === '') return false;
  if (mnemonic === 'xchg' && operands === '%ax,%ax') return false;
  return !(mnemonic === 'lea' && /^0x0\((%e[sd]i)(,%eiz,1)?\),\1$/.test(operands));
}

function rowOf(one: Instruction, replacements: readonly Replacement[]): Replacement | undefined {
  return replacements.find(({ mnemonic }) => mnemonic === one.mnemonic);
}

function replaced(one: Instruction, replacements: readonly Replacement[]): Instruction[] {
  const row = rowOf(one, replacements);
  if (!row) return [one];
  const [, source = '', target = ''] = /^(.+),(%\w+)$/.exec(one.operands) ?? [];
  return expanded(row.by, source, target).map((text) => {
    const [mnemonic = '', operands = ''] = text.split(' ');
    return { ...one, text, mnemonic, operands };
  });
}

function differs(wanted: Instruction | undefined, found: Instruction | undefined): UserError {
  const { function: inside } = (wanted ?? found) as Instruction;
  const [a, b] = [wanted, found].map((one) => one?.text ?? 'the end');
  return new UserError(`in function ${inside} stands "${b}", not "${a}"`, {
    hint: 'More than the replaced instructions differs: build both programs anew.',
  });
}

// Numbers that may be addresses, or distances between them, as the C library has them.
const PLACE = /-?0x[0-9a-f]{3,8}\b/g;

// Code that grows moves what follows it. A jump must lead to the same instruction; another place that
// is a new one in the changed program must be the same new one each time.
class Places {
  readonly #before: Map<number, number>;
  readonly #after: Map<number, number>;
  readonly #moved = new Map<string, string>();

  constructor(before: readonly Instruction[], after: readonly Instruction[]) {
    this.#before = codeBefore(before);
    this.#after = codeBefore(after);
  }

  areAlike(a: Instruction, b: Instruction): boolean {
    if (a.mnemonic !== b.mnemonic || a.prefixes.join() !== b.prefixes.join()) return false;
    const [jumpA, jumpB] = [jumpOf(a), jumpOf(b)];
    if (jumpA !== undefined && jumpB !== undefined) {
      const target = this.#before.get(jumpA);
      return target !== undefined && target === this.#after.get(jumpB);
    }
    return a.operands === b.operands || this.#movedAlike(a.operands, b.operands);
  }

  #movedAlike(a: string, b: string): boolean {
    if (a.replace(PLACE, 'place') !== b.replace(PLACE, 'place')) return false;
    const [from, to] = [a.match(PLACE) ?? [], b.match(PLACE) ?? []];
    return from.every((place, index) => {
      const known = this.#moved.get(place) ?? to[index] ?? '';
      this.#moved.set(place, known);
      return known === to[index];
    });
  }
}

// Where a direct jump or call leads.
function jumpOf({ operands }: Instruction): number | undefined {
  return /^[0-9a-f]+$/.test(operands) ? Number.parseInt(operands, 16) : undefined;
}

// How many instructions of code come before an address. Filling counts as what follows it, and the
// first of the instructions that stand for one is the one that is jumped to.
function codeBefore(instructions: readonly Instruction[]): Map<number, number> {
  const counts = new Map<number, number>();
  let count = 0;
  for (const one of instructions) {
    if (!counts.has(one.address)) counts.set(one.address, count);
    if (isCode(one)) count += 1;
  }
  return counts;
}
