// A sweep whose trials another scheduler runs: `ask` hands out a job as a command line, `tell` notes
// what came of it. Names and meaning are those of Optuna's ask-and-tell interface.
import { UserError } from '../support/errors.ts';
import { isSameJob, type Journal, type OutcomeLine, outcomesOf } from './journal.ts';
import { trainingArgs } from './options.ts';
import { type Job, nextJobs, type SearchPlan } from './search.ts';
import { checkpointOf, planTrial, type Workshop } from './trial.ts';

// What a sweep has for a scheduler: a job, a word to wait for what was asked before, or the end.
export type Answer =
  | { event: 'job'; trial: number; rung: number; steps: number; stop_after: number; args: string[] }
  | { event: 'wait' }
  | { event: 'over' };

// What came of a job.
export interface Told {
  trial: number;
  rung: number;
  value?: number;
  failed?: string;
}

// The next job that nobody has asked for; with `again`, the first that was asked for and not told.
export async function ask(
  search: SearchPlan,
  journal: Journal,
  shop: Workshop,
  again: boolean,
): Promise<Answer> {
  const known = await journal.read();
  const { jobs, over } = nextJobs(search, outcomesOf(known));
  if (over) return { event: 'over' };
  const isAsked = (job: Job) => known.asked.some((line) => isSameJob(line, job));
  const job = jobs.find((each) => isAsked(each) === again);
  if (!job) return { event: 'wait' };
  const { trial, rung, setting } = job;
  const { steps, step } = await planTrial(job, shop);
  await journal.add({ event: 'asked', trial, rung });
  const checkpoint = checkpointOf(trial, shop.folder);
  const resumed = ['--resume', checkpoint, '--steps', String(steps)];
  const start = rung === 0 ? trainingArgs(setting, steps) : resumed;
  const stop = ['--stop-after', String(step)];
  const args = ['train', '--text', shop.text, ...start, '--out', checkpoint, ...stop];
  return { event: 'job', trial, rung, steps, stop_after: step, args };
}

// Notes what came of a job that was open.
export async function tell(
  search: SearchPlan,
  journal: Journal,
  shop: Workshop,
  { trial, rung, value, failed }: Told,
): Promise<OutcomeLine> {
  const known = await journal.read();
  const job = nextJobs(search, outcomesOf(known)).jobs.find((each) =>
    isSameJob(each, { trial, rung }),
  );
  if (!job) {
    throw new UserError(`there is no open job of trial ${trial}, rung ${rung}`, {
      hint: '`ask` says which are open; one that was told stays as it was told.',
      exitCode: 2,
    });
  }
  const plan = await planTrial(job, shop);
  const came = value === undefined ? { failed: failed ?? 'it failed' } : { value };
  const line: OutcomeLine = {
    ...{ event: 'outcome', trial, rung, setting: job.setting, steps: plan.steps, step: plan.step },
    ...came,
    ...plan.known,
  };
  await journal.add(line);
  return line;
}
