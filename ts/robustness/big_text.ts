// Trains on a text that is larger than the memory it may use, stops, and resumes.
import path from 'node:path';
import { type EndEvent, lastEvent, type PlanEvent } from '../program/events.ts';
import { runCommand } from '../runs/run.ts';
import { tellStories } from '../stories/text.ts';
import { sha256File } from '../support/hash.ts';
import type { Progress } from '../support/progress.ts';

// What came of one training.
export interface LimitedRun {
  plan: PlanEvent;
  end: EndEvent;
  seconds: number;
}

// Trains with so many kB of address space and tells what the program said.
export async function trainWithin(
  kilobytes: number,
  program: string,
  args: readonly string[],
): Promise<LimitedRun> {
  const script = `ulimit -v ${kilobytes}; exec "$@"`;
  const runner = { name: 'host', command: ['sh', '-c', script, 'sh', program] } as const;
  const what = `train within ${kilobytes} kB`;
  const { stdout, seconds } = await runCommand(runner, ['train', '--json', ...args], { what });
  const plan = lastEvent(stdout, 'plan');
  const end = lastEvent(stdout, 'end');
  if (!plan || !end) throw new Error('the training did not come to its end');
  return { plan, end, seconds };
}

// What is trained on what.
export interface BigTextSettings {
  program: string;
  /** Where text, checkpoint and token file go. */
  folder: string;
  /** Of the text, such as 200MB. */
  size: string;
  steps: number;
  /** kB of address space. */
  limit: number;
  textRam: string;
  /** More options of the training. */
  options: readonly string[];
}

// What came of both trainings.
export interface BigTextResult {
  textBytes: number;
  /** To the half of the steps, and from there to the end. */
  runs: readonly [LimitedRun, LimitedRun];
  sha256: string;
}

// Writes stories, trains on them to the half, and resumes to the end.
export async function trainBigText(
  settings: BigTextSettings,
  progress: Progress,
): Promise<BigTextResult> {
  const { program, folder, size, steps, limit, textRam, options } = settings;
  const [text, out] = ['stories.txt', 'm.ckpt'].map((name) => path.join(folder, name));
  if (!text || !out) throw new Error('no names');
  progress.update(`writing ${size} of stories`, 'text');
  const written = await tellStories(size, 1, text);
  const common = ['--text', text, '--out', out, '--text-ram', textRam];
  const half = Math.max(1, Math.floor(steps / 2));
  progress.update(`training to step ${half}`, 'first');
  const schedule = ['--steps', String(steps), '--stop-after', String(half)];
  const first = await trainWithin(limit, program, [...common, ...options, ...schedule]);
  progress.update(`resuming to step ${steps}`, 'second');
  const second = await trainWithin(limit, program, [...common, '--resume', out]);
  return {
    textBytes: Number.parseInt(written, 10),
    runs: [first, second],
    sha256: await sha256File(out),
  };
}
