// What runs leave on the disk: <out>/runs/<key>.json when finished, .log always, .ckpt until then.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Judgement } from '../program/judgement.ts';
import { type LossPoint, logText, parseLog } from '../program/losses.ts';
import { exists, readTextIfThere, writeFileAtomic } from '../support/files.ts';
import type { PlanNumbers } from './plan_numbers.ts';
import type { Run } from './runs.ts';

// What is kept of a finished run.
export interface RunResult extends PlanNumbers {
  key: string;
  arguments: string;
  /** Nothing for the short runs of the memory table. */
  held_out: Judgement | null;
  /** Mean loss of the last tenth of the steps; nothing when their log was lost. */
  train_loss: string | null;
  tokens: number;
  /** Nothing where no step was seen, as after a stop between training and judgement. */
  tokens_per_second: number | null;
  peak_bytes: number;
  checkpoint_sha256: string;
  text_sha256: string;
  program_sha256: string;
  target: string;
  compiler: string;
  cpu: string;
  jobs: number;
  /** The call of this command that finished it: speeds of one call can be compared. */
  invocation: string;
}

// Finished, with a checkpoint to go on from, or neither.
export type RunState = 'done' | 'begun' | 'open';

// The files of the runs.
export interface Store {
  /** The checkpoint of a run that is not finished. */
  checkpoint(run: Run): string;
  /** Where the program writes the log of one call. */
  part(run: Run): string;
  /** Makes the folder. */
  open(): Promise<void>;
  state(run: Run): Promise<RunState>;
  result(run: Run): Promise<RunResult | undefined>;
  /** Moves the log of a call into the log of the run. */
  joinLogs(run: Run): Promise<void>;
  losses(run: Run): Promise<LossPoint[]>;
  /** Keeps the result; the checkpoint goes. */
  finish(run: Run, result: RunResult): Promise<void>;
  /** Removes all there is of a run. */
  forget(run: Run): Promise<void>;
}

// The store in a folder of reports.
export function createStore(out: string): Store {
  const folder = path.join(out, 'runs');
  const file = ({ key }: Run, ending: string) => path.join(folder, key + ending);
  const remove = (run: Run, ...endings: string[]) =>
    Promise.all(endings.map((ending) => rm(file(run, ending), { force: true })));
  const points = async (run: Run, ending: string) =>
    parseLog((await readTextIfThere(file(run, ending))) ?? '');
  const result = async (run: Run) => parseResult(await readTextIfThere(file(run, '.json')), run);
  return {
    checkpoint: (run) => file(run, '.ckpt'),
    part: (run) => file(run, '.part.log'),
    result,
    open: async () => void (await mkdir(folder, { recursive: true })),
    losses: (run) => points(run, '.log'),
    async state(run) {
      if (await result(run)) return 'done';
      return (await exists(file(run, '.ckpt'))) ? 'begun' : 'open';
    },
    async joinLogs(run) {
      const added = await points(run, '.part.log');
      const first = added[0]?.step ?? Number.POSITIVE_INFINITY;
      const before = (await points(run, '.log')).filter(({ step }) => step < first);
      await writeFileAtomic(file(run, '.log'), logText([...before, ...added]));
      await remove(run, '.part.log');
    },
    async finish(run, result) {
      await writeFileAtomic(file(run, '.json'), `${JSON.stringify(result, null, 2)}\n`);
      await remove(run, '.ckpt');
    },
    forget: async (run) => void (await remove(run, '.json', '.ckpt', '.log', '.part.log')),
  };
}

// A file that is damaged, or of another run, is none.
function parseResult(text: string | undefined, run: Run): RunResult | undefined {
  if (text === undefined) return undefined;
  try {
    const result = JSON.parse(text) as RunResult;
    return result.key === run.key ? result : undefined;
  } catch {
    return undefined;
  }
}
