// What runs in the emulated laptops. Guest instructions are counted, so it does not matter what
// else this machine does meanwhile, and once is enough.

import { MAX_JOB_WORDS } from '../guest/initramfs.ts';
import type { Machine } from '../guest/machines.ts';
import { type GuestJob, type GuestRun, runGuest } from '../guest/run.ts';
import type { Evidence } from '../parity/scenario.ts';
import { UserError } from '../support/errors.ts';
import { halfOf, INSIDE, resultFiles, resultPlaces, scenarioCommands } from './commands.ts';
import type { CountedRuns } from './data.ts';
import type { ReportSettings } from './scenario.ts';

// A build and the laptop that runs it.
export interface Laptop {
  name: string;
  machine: Machine;
  program: string;
}

export interface LaptopResult {
  evidence: Evidence;
  train: GuestRun;
  /** What the two trainings and the two generations took. */
  counts: Pick<CountedRuns, 'train' | 'generate'>;
}

// Two runs of one command, of which one does more: their difference is the work without the start.
export interface Pair<Of> {
  what: Of;
  long: string[];
  short: string[];
}

export interface PairRuns<Of> {
  what: Of;
  long: GuestRun;
  short: GuestRun;
}

// Trains and generates in one boot, then once more by half.
export async function countScenario(
  laptop: Laptop,
  settings: ReportSettings,
): Promise<LaptopResult> {
  const places = resultPlaces(INSIDE.out, INSIDE.text);
  const half = resultPlaces(`${INSIDE.out}/half`, INSIDE.text);
  const whole = scenarioCommands(settings, places);
  const less = scenarioCommands(halfOf(settings), half);
  const files = resultFiles(places);
  const result = await boot(laptop, [whole.train, whole.generate, less.train, less.generate], {
    inputs: { [INSIDE.text]: settings.text },
    // The folder of the other run exists because something in it is asked for.
    outputs: [...files.map(([, file]) => file), half.log],
  });
  const evidence: Evidence = {};
  for (const [name, file] of files) evidence[name] = outputOf(laptop, result.outputs, file);
  const [train, generate, trainLess, generateLess] = result.runs;
  if (!train || !generate || !trainLess || !generateLess) throw new Error('a run is missing');
  const counts = {
    train: [train.instructions, trainLess.instructions] as [number, number],
    generate: [generate.instructions, generateLess.instructions] as [number, number],
  };
  return { evidence, train, counts };
}

function outputOf({ name }: Laptop, outputs: ReadonlyMap<string, Buffer>, file: string): Buffer {
  const data = outputs.get(file);
  if (data) return data;
  throw new UserError(`${name}: ${file} did not come out of the laptop`);
}

// Runs both commands of each pair, all in one boot.
export async function countPairs<Of>(
  laptop: Laptop,
  pairs: readonly Pair<Of>[],
  inputs: GuestJob['inputs'],
): Promise<PairRuns<Of>[]> {
  const commands = pairs.flatMap(({ long, short }) => [long, short]);
  const { runs } = await boot(laptop, commands, { inputs, outputs: [] });
  return pairs.map(({ what }, index) => {
    const [long, short] = [runs[index * 2], runs[index * 2 + 1]];
    if (!long || !short) throw new Error('a run is missing');
    return { what, long, short };
  });
}

// "token", its value, and a word before each result: what a job holds beside its commands.
const OTHER_WORDS = 2;
// "run", the count and the program's name.
const WORDS_A_COMMAND = 3;

// The pairs in as few boots as a job has room for, in their order.
export function boots<Of>(pairs: readonly Pair<Of>[]): Pair<Of>[][] {
  const groups: Pair<Of>[][] = [];
  let words = 0;
  for (const pair of pairs) {
    const own = pair.long.length + pair.short.length + 2 * WORDS_A_COMMAND;
    const last = groups.at(-1);
    if (last && words + own <= MAX_JOB_WORDS) last.push(pair);
    else groups.push([pair]);
    words = groups.at(-1) === last ? words + own : OTHER_WORDS + own;
  }
  return groups;
}

async function boot(
  { name, machine, program }: Laptop,
  [args = [], ...commands]: readonly string[][],
  files: Pick<GuestJob, 'inputs' | 'outputs'>,
) {
  const result = await runGuest({ machine, program, args, commands, ...files });
  for (const [index, run] of result.runs.entries()) {
    if (run.exitCode === 0) continue;
    const how = run.signal === null ? `exit code ${run.exitCode}` : `signal ${run.signal}`;
    const command = [args, ...commands][index]?.join(' ');
    throw new UserError(`${name}: "${command}" failed inside the laptop (${how})`, {
      hint: run.stderr.trim(),
    });
  }
  return result;
}
