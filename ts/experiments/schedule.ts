// Carries out runs: trainings side by side, then those whose speed is compared one by one.

import pMap from 'p-map';
import type { LiveRuns } from '../runs/live.ts';
import { describeError, UserError } from '../support/errors.ts';
import { interruptSignal } from '../support/interrupt.ts';
import type { Run } from './runs.ts';
import type { RunResult } from './store.ts';

// Runs, and who carries them out.
export interface Work {
  runs: readonly Run[];
  jobs: number;
  live: LiveRuns;
  finish: (run: Run) => Promise<RunResult>;
}

// Tries all runs; gives those that failed, by key, with the reason. Throws when it was stopped.
export async function carryOut({ runs, jobs, live, finish }: Work): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  const attempt = async (run: Run) => {
    try {
      live.finished(run, resultText(await finish(run)));
    } catch (error) {
      if (isInterrupt(error)) throw error;
      const why = failureText(error);
      failures.set(run.key, why);
      live.failed(run, why);
    }
  };
  const groups = [
    { members: runs.filter(({ memory }) => !memory), places: jobs },
    { members: runs.filter(({ memory }) => memory), places: 1 },
  ];
  for (const { members, places } of groups) {
    await pMap(members, attempt, { concurrency: places }).catch((error) => {
      live.stopped();
      throw error;
    });
  }
  return failures;
}

// A child that got the Ctrl-C may end before this process has noticed it.
function isInterrupt(error: unknown): boolean {
  return interruptSignal.aborted || (error instanceof UserError && error.exitCode > 128);
}

function failureText(error: unknown): string {
  if (!(error instanceof UserError)) return describeError(error);
  return error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
}

function resultText({ held_out, train_loss, checkpoint_sha256 }: RunResult): string {
  if (held_out) return `held-out loss ${held_out.loss}`;
  return `loss ${train_loss ?? 'unknown'}, checkpoint ${checkpoint_sha256.slice(0, 12)}`;
}
