// Carries out the rows of faults.ts: runs the driver until it has begun with what it is to be hit in,
// hits it, and looks at what is seen and what is left.
import { buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import { ensureInit } from '../guest/init.ts';
import { ensureKernel } from '../guest/kernel.ts';
import { UserError } from '../support/errors.ts';
import { kill } from '../support/processes.ts';
import type { Blow, Fault, Race } from './faults.ts';
import {
  type DriverRun,
  endLeftProcesses,
  type Laboratory,
  laboratoryIn,
  leftFiles,
  processesOf,
  type Seen,
  startDriver,
} from './laboratory.ts';

// What came of a fault.
export interface Outcome {
  seen: Seen;
  /** What was left behind and should not be; empty where all is well. */
  left: string[];
}

// Builds what the rows in this checkout run.
export async function prepareFaults(): Promise<void> {
  for (const name of ['host', 'p3']) await buildTarget(findTarget(name));
  await ensureInit();
  await ensureKernel();
}

// Does it in a folder that is there and empty. What kill -9 leaves, the next run of the same command
// has to remove, which is ended by Ctrl-C in its turn.
export async function tryFault({ phase, blow }: Fault, folder: string): Promise<Outcome> {
  const laboratory = await laboratoryIn(folder, phase.place);
  try {
    const first = await hit(laboratory, { phase, blow });
    const left = await endLeftProcesses(laboratory);
    if (blow.leavesFiles) {
      await hit(laboratory, { phase, blow: { whom: 'terminal', signal: 'SIGINT' } });
      left.push(...(await endLeftProcesses(laboratory)));
    }
    return { seen: first, left: [...left, ...(await leftFiles(laboratory))] };
  } finally {
    for (const { pid } of processesOf(laboratory)) kill(pid, 'SIGKILL');
  }
}

// Throws a UserError unless what was seen is what must be.
export function checkOutcome({ name, blow }: Fault, { seen, left }: Outcome): void {
  const lines = seen.said.trim().split('\n');
  const { exitCode, line } = blow;
  const faults = [
    ...(seen.exitCode === exitCode ? [] : [`exit code ${seen.exitCode}, not ${exitCode}`]),
    ...(line && !lines.some((each) => line.test(each)) ? [`nothing said like ${line}`] : []),
    ...left,
  ];
  if (faults.length === 0) return;
  throw new UserError(`${name}: ${faults.join('; ')}`, { hint: lines.slice(-8).join('\n') });
}

// Lets both run, and throws a UserError unless what is seen is what must be.
export async function tryRace(race: Race, folder: string): Promise<void> {
  const laboratory = await laboratoryIn(folder, race.place);
  try {
    const runs = [1, 2].map(() => startDriver(laboratory, race.args).ended);
    const seen = await Promise.all(runs);
    const left = [...(await endLeftProcesses(laboratory)), ...(await leftFiles(laboratory))];
    const said = seen.map(({ said }) => said.split('\n').some((line) => race.oneSays.test(line)));
    const faults = [
      ...seen.flatMap(({ exitCode }) => (exitCode === 0 ? [] : [`exit code ${exitCode}`])),
      ...(said[0] === said[1] ? [`${race.oneSays} is said by ${said[0] ? 'both' : 'none'}`] : []),
      ...left,
    ];
    if (faults.length === 0) return;
    const hint = seen.map(({ said }) => said.trim()).join('\n---\n');
    throw new UserError(`${race.name}: ${faults.join('; ')}`, { hint });
  } finally {
    for (const { pid } of processesOf(laboratory)) kill(pid, 'SIGKILL');
  }
}

async function hit(
  laboratory: Laboratory,
  { phase, blow }: { phase: Fault['phase']; blow: Pick<Blow, 'whom' | 'signal'> },
): Promise<Seen> {
  const run = startDriver(laboratory, phase.args);
  await run.says(phase.begins);
  kill(pidOf(laboratory, run, blow.whom), blow.signal);
  return run.ended;
}

const EMULATOR = /\/ts\/guest\/v86_process\.js/;

function pidOf(laboratory: Laboratory, { driver }: DriverRun, whom: Blow['whom']): number {
  if (whom === 'terminal') return -driver;
  if (whom === 'driver') return driver;
  const found = processesOf(laboratory).find(({ command }) => EMULATOR.test(command));
  return found?.pid ?? driver;
}
