// Holds a linked i386 file to its instruction level: disassembles the whole of it, the C library
// included, and names every function and instruction that the processor would not know.
import { UserError } from '../support/errors.ts';
import { disassembleText, type Instruction, readDisassembly } from './disassembly.ts';
import { type Feature, needOf } from './instructions.ts';
import type { ScannedLevel } from './targets.ts';

export interface Violation {
  function: string;
  address: string;
  instruction: string;
  /** What the instruction needs: "SSE2". */
  needs: string;
}

export interface ScanResult {
  level: ScannedLevel;
  functions: number;
  instructions: number;
  violations: readonly Violation[];
}

const LEVELS: Readonly<Record<ScannedLevel, ReadonlySet<Feature>>> = {
  pentium2: new Set(['i686', 'x87', 'mmx']),
  pentium3: new Set(['i686', 'x87', 'mmx', 'sse']),
};

const SHOWN_VIOLATIONS = 12;

// What a program for Windows has of MinGW's, and why it is no violation.
const LISTS = 'lists of addresses, which stand among the code';
const BSF = 'gcc writes `rep bsf`, where both are the same: a Pentium reads bsf, later ones tzcnt';
const EXEMPT: Readonly<Record<string, { why: string; instruction: RegExp }>> = {
  __CTOR_LIST__: { why: LISTS, instruction: /^/ },
  __DTOR_LIST__: { why: LISTS, instruction: /^/ },
  ___trailz_D2A: { why: BSF, instruction: /^tzcnt / },
  ___d2b_D2A: { why: BSF, instruction: /^tzcnt / },
};

// Whether a target's level is one that files are scanned for.
export function isScanned(level: string): level is ScannedLevel {
  return Object.hasOwn(LEVELS, level);
}

// Whether a processor of this level has an instruction, given in AT&T spelling.
export function hasInstruction(level: ScannedLevel, instruction: string): boolean {
  const [mnemonic = '', ...operands] = instruction.split(' ');
  return LEVELS[level].has(needOf(mnemonic, operands.join(' ')).feature);
}

// Scans an object file or a linked program.
export async function scanFile(file: string, level: ScannedLevel): Promise<ScanResult> {
  const text = await disassembleText(file);
  if (!/file format (elf32|pei?)-i386/.test(text)) {
    throw new UserError(
      `${file} is not a 32-bit i386 file, so it cannot be checked against ${level}`,
    );
  }
  return scanDisassembly(text, level);
}

// Scans the text that `objdump -d -M att` prints.
export function scanDisassembly(text: string, level: ScannedLevel): ScanResult {
  const all = readDisassembly(text);
  const violations = all.flatMap((one): Violation[] => {
    const needs = needAbove(one, level);
    if (needs === undefined) return [];
    const address = `0x${one.address.toString(16)}`;
    return [{ function: one.function, address, instruction: one.text, needs }];
  });
  const functions = text.match(/^[0-9a-f]+ <.+>:$/gm)?.length ?? 0;
  return { level, functions, instructions: all.length, violations };
}

// Throws when the scan found something, or nothing at all to look at.
export function checkScan(target: string, result: ScanResult): void {
  if (result.instructions === 0) {
    throw new UserError(`${target}: the disassembly holds no instructions, so it proves nothing`);
  }
  const count = result.violations.length;
  if (count === 0) return;
  const first = result.violations[0] as Violation;
  const lines = result.violations
    .slice(0, SHOWN_VIOLATIONS)
    .map((one) => `${one.function}: ${one.instruction} at ${one.address} needs ${one.needs}`);
  if (count > SHOWN_VIOLATIONS) lines.push(`and ${count - SHOWN_VIOLATIONS} more`);
  lines.push('The program was not put in place. Change the code, or the flags of the target.');
  throw new UserError(
    `${target}: ${count} instruction${count === 1 ? '' : 's'} above ${result.level}, ` +
      `first in function ${first.function}: ${first.instruction}`,
    { hint: lines.join('\n') },
  );
}

function needAbove(one: Instruction, level: ScannedLevel): string | undefined {
  if (EXEMPT[one.function]?.instruction.test(one.text)) return undefined;
  if (one.mnemonic === '(bad)' || one.mnemonic === '.byte') {
    return 'bytes that are not an instruction';
  }
  // A prefix that stands alone on its line belongs to the instruction after it.
  if (one.mnemonic === '') return undefined;
  const need = needOf(one.mnemonic, one.operands);
  return LEVELS[level].has(need.feature) ? undefined : need.label;
}
