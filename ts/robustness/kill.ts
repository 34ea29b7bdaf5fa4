// Kills trainings at random moments: the newest checkpoint must load each time, and a training that
// was killed and resumed must end in the bits of one that was not.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { evalCommand } from '../program/command_lines.ts';
import type { BuiltRunner } from '../runs/job.ts';
import { run, runCommand } from '../runs/run.ts';
import { UserError } from '../support/errors.ts';
import { sha256File } from '../support/hash.ts';
import { interruptSignal } from '../support/interrupt.ts';
import type { Progress } from '../support/progress.ts';
import { seededRandom } from '../support/random.ts';

// Which trainings are killed how often.
export interface KillSettings {
  program: string;
  /** Where the trainings write. */
  folder: string;
  text: string;
  times: number;
  seed: number;
  steps: number;
  /** Options of the shape. */
  shape: readonly string[];
}

// What came of it.
export interface KillCounts {
  kills: number;
  /** Kills before there was a first checkpoint. */
  early: number;
  /** Trainings that went to their end. */
  finished: number;
  sha256: string;
}

// Kills as many times as asked, in as many trainings as that takes.
export async function killTrainings(
  settings: KillSettings,
  progress: Progress,
): Promise<KillCounts> {
  const { folder, times } = settings;
  mkdirSync(folder, { recursive: true });
  const whole = path.join(folder, 'whole.ckpt');
  const { seconds } = await runCommand(runnerOf(settings), startArgs(settings, whole));
  const log = await sha256File(`${whole}.log`);
  const sha256 = await sha256File(whole);
  const counts: KillCounts = { kills: 0, early: 0, finished: 0, sha256 };
  const random = seededRandom(settings.seed);
  // A few kills in each training: at most a third of its time passes between two, and often little,
  // so that some come while it starts.
  const most = (seconds * 1000) / 3;
  while (counts.kills < times || counts.finished === 0) {
    const out = path.join(folder, `killed${counts.finished}.ckpt`);
    await killOne(settings, out, () => random() ** 2 * most, counts, progress);
    if ((await sha256File(out)) !== sha256 || (await sha256File(`${out}.log`)) !== log) {
      throw new UserError(
        `${out} or its log differs from ${whole} after it was killed and resumed`,
        {
          hint: `seed ${settings.seed}, ${counts.kills} kills`,
        },
      );
    }
    counts.finished++;
  }
  return counts;
}

// One training to its end, killed again and again on the way.
async function killOne(
  settings: KillSettings,
  out: string,
  delay: () => number,
  counts: KillCounts,
  progress: Progress,
): Promise<void> {
  for (;;) {
    const resumes = existsSync(out);
    const args = resumes ? resumeArgs(settings, out) : startArgs(settings, out);
    const milliseconds = counts.kills < settings.times ? delay() : Number.POSITIVE_INFINITY;
    const ended = await runUntil(settings.program, args, milliseconds);
    if (ended) return;
    counts.kills++;
    if (existsSync(out)) await checkLoads(settings, out, counts);
    else counts.early++;
    checkFolder(settings);
    const tenth = Math.floor((counts.kills * 10) / settings.times);
    progress.update(
      `killed ${counts.kills} of ${settings.times} times; ${counts.finished} trainings ended`,
      `${tenth}`,
    );
  }
}

// Whether the program ended by itself, and well; otherwise it was killed when its time was up.
async function runUntil(program: string, args: readonly string[], milliseconds: number) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const kill = () => child.kill('SIGKILL');
  const timer = Number.isFinite(milliseconds) ? setTimeout(kill, milliseconds) : undefined;
  interruptSignal.addEventListener('abort', kill);
  try {
    const [code, signal] = await once(child, 'close');
    interruptSignal.throwIfAborted();
    if (signal === 'SIGKILL') return false;
    if (code === 0) return true;
    throw new UserError(`a training failed (exit code ${code}): ${stderr.trim()}`, {
      hint: `command: ${[program, ...args].join(' ')}`,
    });
  } finally {
    clearTimeout(timer);
    interruptSignal.removeEventListener('abort', kill);
  }
}

async function checkLoads(settings: KillSettings, out: string, { kills }: KillCounts) {
  // The second command reads all of its sections, too.
  const info = ['info', '--model', out];
  await run({
    runner: runnerOf(settings),
    commands: [info, evalCommand(out, settings.text, '--eval-tokens', '64')],
    what: `load the checkpoint after kill ${kills}`,
  });
}

function runnerOf({ program }: KillSettings): BuiltRunner {
  return { name: 'host', command: [program] };
}

// Nothing but checkpoints and logs, and at most the temporary files that a kill leaves.
function checkFolder({ folder }: KillSettings) {
  const strange = readdirSync(folder).filter(
    (name) => !/\.ckpt(\.1|\.log)?$/.test(name) && !/\.ckpt(\.log)?(\.lock|\.tmp-\d+)$/.test(name),
  );
  if (strange.length > 0) throw new UserError(`a kill left ${strange.join(', ')} in ${folder}`);
}

function startArgs({ text, steps, shape }: KillSettings, out: string): string[] {
  const begin = ['train', '--text', text, '--steps', String(steps), ...shape, ...saving(out)];
  return [...begin, '--force']; // a kill may leave a log without a checkpoint
}

function resumeArgs({ text }: KillSettings, out: string): string[] {
  return ['train', '--resume', out, '--text', text, ...saving(out)];
}

function saving(out: string): string[] {
  return ['--save-every', '1', '--keep', '2', '--out', out, '--log', `${out}.log`];
}
