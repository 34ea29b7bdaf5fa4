// What `count` prints: instructions, and modelled cycles by function; p2, too, which valgrind runs as a
// build of its own.
import { afterEach, expect, vi } from 'vitest';
import { I386_KERNEL, testWith } from '../needs.ts';
import { programOf } from '../program/program.ts';
import { runCommandLine } from './command_line.ts';

afterEach(() => vi.restoreAllMocks());

const NEEDS = ['valgrind', I386_KERNEL];
const HOW = `apt-get install valgrind, on ${I386_KERNEL}`;
const TINY = ['--', '--preset', 'tiny'];

async function printed(...words: string[]): Promise<string[]> {
  const print = vi.spyOn(console, 'log').mockImplementation(() => {});
  const { code, said } = await runCommandLine('count', ...words);
  expect({ code, said }).toEqual({ code: 0, said: '' });
  return print.mock.calls.flat().join('\n').split('\n');
}

testWith(NEEDS, HOW, 'when p2 is counted, then it has a number', async () => {
  const [head, , row] = await printed('dot', '--build', 'p2', '--form', 'fast,fp32', ...TINY);
  expect(head).toBe('| row | fast | fp32 | fp32 / fast |');
  expect(row).toMatch(/^\| dot \| [\d,]+ \| ([\d,]+|-) \| ([\d.]+|-) \|$/);
});

const NUMBERS = String.raw`\| [\d,]+ \| [\d,]+ \| [\d,]+ \| (load|alu|retire|decode|memory) \d+ %`;

testWith(NEEDS, HOW, 'when cycles are asked for, then each function has them', async () => {
  const lines = await printed('step', '--cycles', '--form', 'fast', ...TINY);
  expect(lines[0]).toBe(
    'One repeat in modelled cycles: Pentium III (Coppermine) 500 MHz, bus 100 MHz',
  );
  expect(lines).toContain('| row | form | instructions | core cycles | with misses | what binds |');
  expect(lines.find((line) => line.startsWith('| step | fast'))).toMatch(new RegExp(NUMBERS));
  const from = lines.findIndex((line) => line.startsWith('| step, fast |'));
  const functions = lines.slice(from + 2);
  expect(functions.length).toBeGreaterThan(10);
  for (const line of functions) expect(line).toMatch(/^\| \S.* \| [\d,]+ \| [\d,]+ \| [\d,]+ \| /);
  expect(functions.at(-1)).toMatch(/^\| \d+ others/);
});

testWith(NEEDS, HOW, 'when there is no such form, then that is said', async () => {
  const { code, said } = await runCommandLine(
    'count',
    'scales',
    '--cycles',
    '--form',
    'fp32',
    ...TINY,
  );
  expect(code).toBe(1);
  expect(said).toBe('legacy-llm: scales: no such form in this build: fp32');
});

testWith(NEEDS, HOW, 'when p2 is modelled, then on a Pentium II', async () => {
  const [first] = await printed('dot', '--cycles', '--build', 'p2', '--form', 'fast', ...TINY);
  expect(first).toContain('Pentium II (Deschutes) 350 MHz');
});

testWith(NEEDS, HOW, 'when a program is named, then one whole run is modelled', async () => {
  const program = await programOf('p3');
  const lines = await printed(
    '--cycles',
    '--machine',
    'p3-667',
    '--program',
    program,
    '--',
    'methods',
  );
  expect(lines[0]).toContain('One run in modelled cycles: Pentium III (Coppermine) 667 MHz');
  expect(lines.find((line) => line.startsWith('| all'))).toMatch(new RegExp(NUMBERS));
});
