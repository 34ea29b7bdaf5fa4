// The strict gate: what counts as right and as a fault, with faults put in on purpose, and one real
// boot of the probes on each of its machines. `npm run emu:strict` is the gate itself.
import { describe, expect, test } from 'vitest';
import { strictText } from '../../ts/commands/emu_strict.ts';
import { findMachine, type Machine } from '../../ts/guest/machines.ts';
import type { ParityRow } from '../../ts/parity/parity.ts';
import { chooseRunners, groupsOfRunners } from '../../ts/runs/runners.ts';
import { judgeProbe, readProbes, runProbes } from '../../ts/strict/probes.ts';
import {
  faultsOf,
  type StrictResult,
  strictRunners,
  witnessRunners,
} from '../../ts/strict/strict.ts';
import { testWith } from '../needs.ts';

const [p2, p3] = ['p2-strict', 'p3-strict'].map((name) => findMachine(name)) as [Machine, Machine];
const ran = { exitCode: 0, signal: null };
const sigill = { exitCode: 132, signal: 4 };

describe('judgeProbe', () => {
  test.each([
    ['p2-strict', 'paddw %mm1,%mm0', ran, 'right'],
    ['p2-strict', 'paddw %mm1,%mm0', sigill, 'wrong'],
    ['p2-strict', 'addps %xmm1,%xmm0', sigill, 'right'],
    ['p2-strict', 'addps %xmm1,%xmm0', ran, 'wrong'],
    ['p2-strict', 'pmaxsw %mm1,%mm0', ran, 'wrong'],
    ['p3-strict', 'addps %xmm1,%xmm0', ran, 'right'],
    ['p3-strict', 'addps %xmm1,%xmm0', sigill, 'wrong'],
    ['p3-strict', 'paddq %xmm1,%xmm0', sigill, 'right'],
    ['p3-strict', 'paddq %xmm1,%xmm0', ran, 'wrong'],
    // Another end is no refusal: a segmentation fault, an unknown probe, a boot that lost it.
    ['p3-strict', 'paddq %xmm1,%xmm0', { exitCode: 139, signal: 11 }, 'wrong'],
    ['p3-strict', 'paddq %xmm1,%xmm0', { exitCode: 2, signal: null }, 'wrong'],
    ['p3-strict', 'paddq %xmm1,%xmm0', undefined, 'wrong'],
    // What Bochs 2.7 refuses by mistake, and a later one may not.
    ['p3-strict', 'unpcklps %xmm1,%xmm0', sigill, 'known fault'],
    ['p3-strict', 'unpckhps %xmm1,%xmm0', ran, 'right'],
    ['p3-strict', 'unpcklps %xmm1,%xmm0', { exitCode: 2, signal: null }, 'wrong'],
    ['p2-strict', 'unpcklps %xmm1,%xmm0', sigill, 'right'],
    ['p3-qemu', 'unpcklps %xmm1,%xmm0', sigill, 'wrong'],
  ] as const)('%s, %s, %o: %s', (name, instruction, result, verdict) => {
    expect(judgeProbe(findMachine(name), instruction, result).verdict).toBe(verdict);
  });
});

test('the probes have what each level adds, and what is above both', async () => {
  const probes = await readProbes();
  expect(probes).toHaveLength(13);
  const has = (machine: Machine) =>
    probes.filter((instruction) => judgeProbe(machine, instruction, ran).has);
  expect(has(p2)).toEqual(['cmovc %eax,%eax', 'fsqrt', 'paddw %mm1,%mm0']);
  expect(has(p3)).toHaveLength(8);
  expect(has(p3)).toContain('addps %xmm1,%xmm0');
  expect(has(p3)).not.toContain('paddq %xmm1,%xmm0');
});

test('the machines of the gate are in Bochs, its witnesses are not', () => {
  const groups = new Set(groupsOfRunners(chooseRunners(strictRunners)));
  expect(groups).toEqual(new Set(['host', 'i386', 'kernel', 'bochs']));
  expect(groupsOfRunners(chooseRunners(witnessRunners))).toContain('qemu');
});

const row = (runner: string, more: Partial<ParityRow> = {}): ParityRow => ({
  ...{ runner, hostSeconds: 1, differing: [] },
  hashes: { checkpoint: 'c0ffee', log: '10a', evaluation: 'eea1', story: '5707' },
  ...more,
});

const SAID =
  'legacy_llm: this build needs SSE, which this processor does not have; use the p2 build\n';

// A gate that holds.
const good: StrictResult = {
  probes: [
    { machine: p2, probes: [judgeProbe(p2, 'addps %xmm1,%xmm0', sigill)] },
    { machine: p3, probes: [judgeProbe(p3, 'unpcklps %xmm1,%xmm0', sigill)] },
  ],
  refusal: { machine: 'p2-strict', exitCode: 3, said: SAID },
  replaced: { replaced: 227, instructions: 143301 },
  parity: { equal: true, notRun: [], rows: [row('host'), row('p2-strict'), row('p3-strict')] },
};

describe('the verdict', () => {
  test('when all is as it must be, then there is no fault, and a known one is shown', () => {
    expect(faultsOf(good)).toEqual([]);
    const text = strictText(good);
    expect(text).toContain('unpcklps %xmm1,%xmm0  SIGILL   (the processor has it): KNOWN FAULT');
    expect(text).toContain('p3-bochs is p3 with 227 of 143,301 instructions replaced');
    expect(text).toContain('exit code 3, "legacy_llm: this build needs SSE,');
    expect(text).toContain('one checkpoint over 3 builds, SHA-256 c0ffee');
  });

  test('when a machine runs what it should refuse, then that is the fault', () => {
    const probes = [{ machine: p2, probes: [judgeProbe(p2, 'addps %xmm1,%xmm0', ran)] }];
    expect(faultsOf({ ...good, probes })).toEqual([
      'p2-strict: "addps %xmm1,%xmm0" should end by SIGILL, but: runs',
    ]);
  });

  test('when a training makes other bits, then runner, file and place are named', () => {
    const first = 'step 2, tensor layer0.wq is the first that differs (trace line 7)';
    const differing = row('p3-strict', { differing: ['checkpoint'], first });
    const parity = { equal: false, notRun: [], rows: [row('host'), row('p2-strict'), differing] };
    expect(faultsOf({ ...good, parity })).toEqual([`p3-strict: checkpoint; ${first}`]);
    expect(strictText({ ...good, parity })).toContain(`DIFFERENT: ${first}`);
  });

  test.each([
    ['dies without a word', 132, ''],
    ['says something else', 3, 'legacy_llm: this build needs SSE2, use the p3 build\n'],
    ['says more than a line', 3, `${SAID}and more\n`],
    ['runs', 0, 'tiny\n'],
  ])('when the p3 build on a Pentium II %s, then that is the fault', (_what, exitCode, said) => {
    const refusal = { machine: 'p2-strict', exitCode, said };
    expect(faultsOf({ ...good, refusal })).toEqual([
      expect.stringContaining(`p3 on p2-strict: exit code ${exitCode}, not 3 with one line`),
    ]);
  });
});

describe('a boot in Bochs', () => {
  const howTo = 'install bochs and bochs-term';
  testWith(['bochs'], howTo, 'a Pentium III refuses SSE2 and carries out SSE', async () => {
    const probes = await runProbes(p3);
    const came = Object.fromEntries(probes.map(({ instruction, came }) => [instruction, came]));
    expect(came).toMatchObject({
      'cmovc %eax,%eax': 'runs',
      'pmaxsw %mm1,%mm0': 'runs',
      'addps %xmm1,%xmm0': 'runs',
      'paddq %mm1,%mm0': 'SIGILL',
      'paddq %xmm1,%xmm0': 'SIGILL',
      'haddps %xmm1,%xmm0': 'SIGILL',
    });
    expect(probes.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
  });

  testWith(['bochs'], howTo, 'a Pentium II refuses SSE and carries out MMX', async () => {
    const probes = await runProbes(p2);
    const came = Object.fromEntries(probes.map(({ instruction, came }) => [instruction, came]));
    expect(came).toMatchObject({
      'paddw %mm1,%mm0': 'runs',
      'pmaxsw %mm1,%mm0': 'SIGILL',
      'addps %xmm1,%xmm0': 'SIGILL',
    });
    expect(probes.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
  });

  testWith(
    ['qemu-system-i386'],
    'install qemu-system-x86',
    'QEMU is found to be no gate',
    async () => {
      const probes = await runProbes(findMachine('p3-qemu'));
      const wrong = probes.filter(({ verdict }) => verdict === 'wrong');
      expect(wrong.map(({ instruction }) => instruction)).toContain('paddq %xmm1,%xmm0');
    },
  );
});
