// Each fault of the driver, made for real: what must be seen is seen, and nothing is left behind.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { faults, races } from '../../ts/robustness/faults.ts';
import { endLeftProcesses, laboratoryIn, leftFiles } from '../../ts/robustness/laboratory.ts';
import {
  checkLaptopFault,
  laptopFaults,
  tryLaptopFault,
} from '../../ts/robustness/laptop_faults.ts';
import { checkOutcome, prepareFaults, tryFault, tryRace } from '../../ts/robustness/trials.ts';
import { ownChildren } from '../children.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

beforeAll(prepareFaults);

const quick = faults.filter(({ phase }) => !phase.long);

test.each(quick.map((fault) => [fault.name, fault] as const))('%s', async (_, fault) => {
  checkOutcome(fault, await tryFault(fault, folder()));
});

test.each(races.filter(({ long }) => !long).map((race) => [race.name, race] as const))(
  '%s',
  (_, race) => tryRace(race, folder()),
);

test.each(laptopFaults.map((fault) => [fault.name, fault] as const))(
  'a laptop: %s',
  async (_, fault) => {
    const before = await ownChildren();
    checkLaptopFault(fault, await tryLaptopFault(fault));
    expect(await ownChildren()).toEqual(before);
  },
);

describe('what is left behind is found', () => {
  test('a temporary file in each place', async () => {
    const laboratory = await laboratoryIn(folder(), 'here');
    expect(await leftFiles(laboratory)).toEqual([]);
    await mkdir(path.join(folder(), 'out/x.tmp'));
    writeFileSync(path.join(folder(), 'tmp/legacy-llm-run'), '');
    expect(await leftFiles(laboratory)).toEqual(['file: tmp/legacy-llm-run', 'file: x.tmp']);
  });

  test('a process that went away from its parent, until it has ended', async () => {
    const laboratory = await laboratoryIn(folder(), 'here');
    const env = { ...process.env, ...laboratory.env };
    const child = spawn('sh', ['-c', 'read x'], { env, stdio: ['pipe', 'ignore', 'ignore'] });
    const left = endLeftProcesses(laboratory);
    expect(await Promise.race([left, Promise.resolve('waits')])).toBe('waits');
    child.stdin.end();
    expect(await left).toEqual([]);
  });

  test('another exit code, other words, a process that stays', () => {
    const fault = faults.find(({ name }) => name === 'Ctrl-C while building');
    if (!fault) throw new Error('no such row');
    const seen = { exitCode: 130, said: 'x\nlegacy-llm: stopped by Ctrl-C\n' };
    checkOutcome(fault, { seen, left: [] });
    const wrong = (change: Partial<typeof seen>, left: string[] = []) =>
      expect(() => checkOutcome(fault, { seen: { ...seen, ...change }, left }));
    wrong({ exitCode: 1 }).toThrow('Ctrl-C while building: exit code 1, not 130');
    wrong({ said: 'x' }).toThrow('nothing said like /^legacy-llm: stopped by Ctrl-C$/');
    wrong({}, ['process: make']).toThrow('process: make');
  });
});
