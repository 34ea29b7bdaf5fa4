// A sweep at work: takes open jobs one after the other, in as many places as asked for, until the
// search is over. What is next follows from the journal alone, so several processes may work on one
// folder, and what was killed goes on.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tryLock, withLock } from '../../scripts/lock.mjs';
import { LiveRuns } from '../runs/live.ts';
import { copyFileAtomic, exists } from '../support/files.ts';
import { interruptSignal } from '../support/interrupt.ts';
import type { Progress } from '../support/progress.ts';
import {
  checkTrials,
  isSameJob,
  type Journal,
  type Known,
  type OutcomeLine,
  outcomesOf,
} from './journal.ts';
import { type Job, nextJobs, ranking, type SearchPlan } from './search.ts';
import { checkpointOf, doJob, type Workshop } from './trial.ts';

// What a sweep works with.
export interface Session {
  search: SearchPlan;
  journal: Journal;
  shop: Workshop;
  /** Folder of the sweep. */
  out: string;
  jobs: number;
  progress: Progress;
}

const POLL_MS = 250;
const PLAIN_LINES = 0;

// Does all jobs that are left; gives what is known at the end. Throws where it was stopped.
export async function carryOut(session: Session): Promise<Known> {
  const { journal, jobs, progress } = session;
  const { outcomes } = await journal.read();
  const desk: Desk = {
    ...{ session, next: createLook(session), stopped: false, busy: new Set() },
    live: new LiveRuns(progress, undefined, outcomes.length, PLAIN_LINES),
  };
  const places = Array.from({ length: jobs }, () => workOn(desk));
  const results = await Promise.allSettled(places);
  progress.clear();
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  const known = await journal.read();
  await withLock(path.join(session.out, 'journal.lock'), () => keepBest(known, session));
  return known;
}

// What the places of one process share.
interface Desk {
  session: Session;
  next: Look;
  live: LiveRuns;
  /** Whether one of them cannot go on: no other begins anything. */
  stopped: boolean;
  /** Claims of this process. */
  busy: Set<string>;
}

// The open jobs, worked out anew only when the journal knows more.
function createLook({ journal, search }: Pick<Session, 'journal' | 'search'>) {
  let seen = -1;
  let found = nextJobs(search, []);
  return async () => {
    const known = await journal.read();
    if (known.outcomes.length !== seen) found = nextJobs(search, outcomesOf(known));
    checkTrials(known, found.trials, journal.file);
    seen = known.outcomes.length;
    return { ...found, known };
  };
}

type Look = ReturnType<typeof createLook>;

// One place: takes a job, does it, notes what came of it.
async function workOn(desk: Desk): Promise<void> {
  while (!desk.stopped) {
    interruptSignal.throwIfAborted();
    const { jobs, over, known } = await desk.next();
    if (over) return;
    const open = jobs.filter((job) => !known.asked.some((line) => isSameJob(line, job)));
    const claimed = await claim(open, desk);
    try {
      if (claimed) await workOnce(claimed.job, desk);
      else await sleep(POLL_MS, undefined, { signal: interruptSignal });
    } catch (error) {
      desk.stopped = true;
      throw error;
    } finally {
      await claimed?.release();
    }
  }
}

async function workOnce(job: Job, { session, live }: Desk): Promise<void> {
  const { shop, journal } = session;
  const { outcomes } = await journal.read();
  if (outcomes.some((line) => isSameJob(line, job))) return; // done since the look by another process
  const run = { key: `${job.trial}-${job.rung}`, name: `trial ${job.trial}` };
  const line = await doJob(job, {
    ...shop,
    onStep: (event, tokensPerStep) => live.step({ ...run, tokensPerStep }, event),
  });
  await journal.add(line);
  const ended = { ...run, tokensPerStep: line.tokens_per_step ?? 0 };
  if (line.failed === undefined) live.finished(ended, resultText(line, session));
  else live.failed(ended, line.failed);
}

function resultText({ step, steps, value, setting }: OutcomeLine, { shop }: Session): string {
  const words = Object.entries(setting).map(([name, each]) => `${name} ${each}`);
  const where = step < steps ? ` after ${step} of ${steps} steps` : '';
  return `${shop.metric.name} ${value}${where} with ${words.join(', ')}`;
}

// The first of the jobs that nobody does, now claimed; a claim ends with its process.
async function claim(jobs: readonly Job[], { session, busy }: Desk) {
  for (const job of jobs) {
    const file = path.join(session.shop.folder, `${job.trial}.claim`);
    if (busy.has(file)) continue;
    busy.add(file);
    const lock = await tryLock(file);
    const release = async () => {
      await lock?.release();
      busy.delete(file);
    };
    if (lock) return { job, release };
    await release();
  }
  return undefined;
}

// Keeps the model of the best trial as best.ckpt, where it went to its end, and no other checkpoint.
async function keepBest({ outcomes }: Known, { search, shop, out }: Session): Promise<void> {
  const [best] = ranking(search, outcomesOf({ outcomes, asked: [] }));
  for (const trial of new Set(outcomes.map((line) => line.trial))) {
    const checkpoint = checkpointOf(trial, shop.folder);
    const isBest = trial === best?.trial && (await exists(checkpoint));
    if (isBest) await copyFileAtomic(checkpoint, bestOf(out));
    for (const ending of ['.ckpt', '.ckpt.lock', '.claim']) {
      await rm(path.join(shop.folder, `${trial}${ending}`), { force: true });
    }
  }
}

// Where the model of the best trial is, in the folder of a sweep.
export function bestOf(out: string): string {
  return path.join(out, 'best.ckpt');
}
