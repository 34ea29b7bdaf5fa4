// Holds a linked i386 file to its instruction level: disassembles the whole of it, the C library
// included, and names every function and instruction that the processor would not know.
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
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

const PREFIXES = /^(?:(?:lock|rep|repz|repnz|data16|addr16|notrack|bnd|[cdefgs]s)\s+)+/;
const SHOWN_VIOLATIONS = 12;

// Whether a target's level is one that files are scanned for.
export function isScanned(level: string): level is ScannedLevel {
  return Object.hasOwn(LEVELS, level);
}

// Scans an object file or a linked program.
export async function scanFile(file: string, level: ScannedLevel): Promise<ScanResult> {
  const { stdout } = await exec('objdump', ['-d', '--no-show-raw-insn', '-M', 'att', file], {
    what: 'disassemble the linked program',
    env: { LC_ALL: 'C' },
  });
  if (!/file format elf32-i386/.test(stdout)) {
    throw new UserError(
      `${file} is not a 32-bit i386 file, so it cannot be checked against ${level}`,
    );
  }
  return scanDisassembly(stdout, level);
}

// Scans the text that `objdump -d --no-show-raw-insn -M att` prints.
export function scanDisassembly(text: string, level: ScannedLevel): ScanResult {
  const violations: Violation[] = [];
  let inside = '(no function)';
  let functions = 0;
  let instructions = 0;
  for (const line of text.split('\n')) {
    const header = /^[0-9a-f]+ <(.+)>:$/.exec(line);
    if (header) {
      inside = header[1] ?? inside;
      functions += 1;
      continue;
    }
    const code = /^\s*([0-9a-f]+):\t(.+)$/.exec(line);
    if (!code) continue;
    instructions += 1;
    const needs = needAbove(code[2] ?? '', level);
    if (needs === undefined) continue;
    const instruction = tidy(code[2] ?? '');
    violations.push({ function: inside, address: `0x${code[1]}`, instruction, needs });
  }
  return { level, functions, instructions, violations };
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

function needAbove(text: string, level: ScannedLevel): string | undefined {
  if (text.startsWith('(bad)') || text.startsWith('.byte'))
    return 'bytes that are not an instruction';
  const [, mnemonic = '', operands = ''] = /^(\S+)\s*(.*)$/.exec(text.replace(PREFIXES, '')) ?? [];
  // A prefix that stands alone on its line belongs to the instruction after it.
  if (/^(lock|rep|repz|repnz|data16|addr16|[cdefgs]s)$/.test(mnemonic)) return undefined;
  const need = needOf(mnemonic, operands);
  return LEVELS[level].has(need.feature) ? undefined : need.label;
}

function tidy(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/ <[^>]*>$/, '')
    .trim();
}
