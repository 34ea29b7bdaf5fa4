// What runs in the emulated laptops. Guest instructions are counted, so it does not matter what
// else this machine does meanwhile, and once is enough.
import { MAX_JOB_WORDS } from '../guest/initramfs.ts';
import { type Evidence, evidenceFiles, evidenceOf, filesNamed, TEXT } from '../parity/scenario.ts';
import type { BuiltRunner, CommandResult, Job } from '../runs/job.ts';
import { run } from '../runs/run.ts';
import { halfOf, scenarioCommands } from './commands.ts';
import type { CountedRuns } from './data.ts';
import type { ReportSettings } from './scenario.ts';

// What a laptop left, and what it took.
export interface LaptopResult {
  evidence: Evidence;
  train: CommandResult;
  /** What the two trainings and the two generations took. */
  counts: Pick<CountedRuns, 'train' | 'generate'>;
}

// Two runs of one command, of which one does more: their difference is the work without the start.
export interface Pair<Of> {
  what: Of;
  long: string[];
  short: string[];
}

// What came of both.
export interface PairRuns<Of> {
  what: Of;
  long: CommandResult;
  short: CommandResult;
}

// Trains and generates in one boot, then once more by half.
export async function countScenario(
  laptop: BuiltRunner,
  settings: ReportSettings,
): Promise<LaptopResult> {
  const names = filesNamed('model');
  const files = evidenceFiles({}, names);
  const whole = scenarioCommands(settings, names);
  const less = scenarioCommands(halfOf(settings), filesNamed('half'));
  const result = await run({
    runner: laptop,
    commands: [whole.train, whole.generate, less.train, less.generate],
    inputs: { [TEXT]: settings.text },
    outputs: files.map(([, file]) => file),
  });
  const [train, generate, trainLess, generateLess] = result.commands;
  const counts = {
    train: [train.instructions, trainLess.instructions] as [number, number],
    generate: [generate.instructions, generateLess.instructions] as [number, number],
  };
  return { evidence: evidenceOf(result, files), train, counts };
}

// Runs both commands of each pair, all in one boot.
export async function countPairs<Of>(
  laptop: BuiltRunner,
  pairs: readonly Pair<Of>[],
  inputs: NonNullable<Job['inputs']> = {},
): Promise<PairRuns<Of>[]> {
  const lines = pairs.flatMap(({ long, short }) => [long, short]);
  const { commands } = await run({ runner: laptop, commands: lines, inputs });
  return pairs.map(({ what }, index) => {
    const [long, short] = [commands[index * 2], commands[index * 2 + 1]];
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
