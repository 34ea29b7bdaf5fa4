// Ends trainings by signals at random moments, some of them within saves, and now and then starts a
// second writer of the same --out. After each signal the checkpoint must be whole, and a training
// that was ended and resumed must end in the bits of one that was not.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { readCheckpoint } from '../program/checkpoint.ts';
import { runCommand } from '../runs/run.ts';
import { UserError } from '../support/errors.ts';
import { sha256File } from '../support/hash.ts';
import { interruptSignal } from '../support/interrupt.ts';
import type { Progress } from '../support/progress.ts';
import { seededRandom } from '../support/random.ts';
import { type Ending, startWriter, type Writer, waitBeside } from './writer.ts';

// The signals, which take turns.
export const killSignals = ['SIGKILL', 'SIGHUP', 'SIGTERM', 'SIGPIPE'] as const;

export type KillSignal = (typeof killSignals)[number];

// Which trainings are ended how often.
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
  /** The same, of each signal. */
  bySignal: Record<KillSignal, number>;
  /** Before there was a first checkpoint. */
  early: number;
  /** By SIGKILL while a checkpoint was being written, which left its temporary file. */
  withinSaves: number;
  /** Caught, so that the training saved what it had learned. */
  saved: number;
  /** Second writers that the first kept out. */
  refused: number;
  /** Second writers that went on when the first had ended. */
  tookOver: number;
  /** Trainings that went to their end. */
  finished: number;
  sha256: string;
}

interface Laboratory {
  settings: KillSettings;
  counts: KillCounts;
  progress: Progress;
  random: () => number;
  /** The longest time between two signals, in milliseconds. */
  longest: number;
}

const TWO_WRITERS = 1 / 3; // of the runs

// Ends trainings as many times as asked, in as many of them as that takes.
export async function killTrainings(
  settings: KillSettings,
  progress: Progress,
): Promise<KillCounts> {
  const { folder, times, program, seed } = settings;
  mkdirSync(folder, { recursive: true });
  const whole = path.join(folder, 'whole.ckpt');
  const runner = { name: 'host', command: [program] } as const;
  const { seconds } = await runCommand(runner, startArgs(settings, whole));
  const counts = noCounts(await sha256File(whole));
  // At most a third of a training's time passes between two signals, and often little, so that some
  // come while it starts.
  const longest = (seconds * 1000) / 3;
  const laboratory = { settings, counts, progress, random: seededRandom(seed), longest };
  while (counts.kills < times || counts.finished === 0) {
    const out = path.join(folder, `killed${counts.finished}.ckpt`);
    await killOne(laboratory, out);
    await checkSame(settings, out, whole);
    counts.finished++;
  }
  return counts;
}

function noCounts(sha256: string): KillCounts {
  const bySignal = { SIGKILL: 0, SIGHUP: 0, SIGTERM: 0, SIGPIPE: 0 };
  const writers = { refused: 0, tookOver: 0 };
  return {
    kills: 0,
    bySignal,
    early: 0,
    withinSaves: 0,
    saved: 0,
    ...writers,
    finished: 0,
    sha256,
  };
}

async function checkSame({ seed }: KillSettings, out: string, whole: string): Promise<void> {
  for (const ending of ['', '.log']) {
    if ((await sha256File(out + ending)) === (await sha256File(whole + ending))) continue;
    throw new UserError(`${out + ending} differs from ${whole + ending} after it was resumed`, {
      hint: `seed ${seed}`,
    });
  }
}

// One training to its end, with signals again and again on the way. Where a busy machine lets it get
// nowhere, it has more time between two signals.
async function killOne(laboratory: Laboratory, out: string): Promise<void> {
  const PATIENCE = 5;
  const usual = laboratory.longest;
  let idle = 0;
  for (let step = 0; !(await live(laboratory, out)); ) {
    const now = stepOf(out);
    idle = now === step ? idle + 1 : 0;
    if (idle > 0 && idle % PATIENCE === 0) laboratory.longest *= 2;
    step = now;
    tell(laboratory);
  }
  laboratory.longest = usual;
}

// The step of a checkpoint, every section of which must be whole; 0 where there is none yet.
function stepOf(out: string): number {
  return existsSync(out) ? readCheckpoint(readFileSync(out), out).step : 0;
}

function tell({ settings, counts, progress }: Laboratory): void {
  const { kills, finished } = counts;
  const tenth = Math.floor((kills * 10) / settings.times);
  progress.update(`ended ${kills} of ${settings.times} times; ${finished} are done`, `${tenth}`);
}

const SAVED = /stopped at step (\d+); the checkpoint is saved/;

type Outcome = 'finished' | 'refused' | 'saved' | 'killed';

// From one start to the next: a training and its signal, or two that write to the same file. Tells
// whether the last one that trained came to its end.
async function live(laboratory: Laboratory, out: string): Promise<boolean> {
  const { settings, counts, random } = laboratory;
  const begin = () => startWriter(settings.program, startOrResume(settings, out));
  const writers = [begin()];
  if (counts.kills < settings.times && random() < TWO_WRITERS) {
    await waitBeside(writers[0] as Writer, pause(laboratory));
    writers.push(begin());
  }
  const outcomes: Outcome[] = [];
  for (const writer of writers) {
    outcomes.push(await endOne(laboratory, writer, out, writers.length > 1));
  }
  const [first, second] = outcomes;
  if (second && second !== 'refused' && first !== 'refused') counts.tookOver++;
  checkFolder(settings);
  return outcomes.filter((outcome) => outcome !== 'refused').at(-1) === 'finished';
}

// Milliseconds to the next signal; endless once there have been enough.
function pause({ settings, counts, random, longest }: Laboratory): number {
  return counts.kills < settings.times ? random() ** 2 * longest : Number.POSITIVE_INFINITY;
}

// Waits, sends a signal, and judges what came of it.
async function endOne(
  laboratory: Laboratory,
  writer: Writer,
  out: string,
  hasRival: boolean,
): Promise<Outcome> {
  const { counts } = laboratory;
  await waitBeside(writer, pause(laboratory));
  const signal = killSignals[counts.kills % killSignals.length] as KillSignal;
  // All but SIGKILL come twice, as `timeout` sends them, and as a terminal and its shell hang up.
  writer.kill(signal);
  writer.kill(signal);
  const ending = await writer.ended;
  interruptSignal.throwIfAborted();
  const outcome = outcomeOf(ending, signal);
  if (!outcome || (outcome === 'refused' && !hasRival)) throw failure(writer, ending);
  if (outcome === 'refused') counts.refused++;
  if (outcome === 'saved' || outcome === 'killed') note(counts, writer, out, signal, outcome);
  // What a caught signal left is what it said, unless another one has written since.
  if (outcome === 'saved' && !hasRival) checkSaved(ending, out);
  return outcome;
}

function outcomeOf({ code, signal, stderr }: Ending, sent: KillSignal): Outcome | undefined {
  if (code === 0) return 'finished';
  if (code === 2 && stderr.includes('is being written by another run')) return 'refused';
  if (signal !== sent && code !== 128 + constants.signals[sent]) return undefined;
  return SAVED.test(stderr) ? 'saved' : 'killed'; // it had not learned anything yet
}

function note(counts: KillCounts, { pid }: Writer, out: string, sent: KillSignal, how: Outcome) {
  counts.kills++;
  counts.bySignal[sent]++;
  if (how === 'saved') counts.saved++;
  if (!existsSync(out)) counts.early++;
  if (!existsSync(`${out}.tmp-${pid}`)) return;
  if (sent !== 'SIGKILL') throw new UserError(`${sent} left a temporary file beside ${out}`);
  counts.withinSaves++;
}

function checkSaved({ stderr }: Ending, out: string): void {
  const said = SAVED.exec(stderr)?.[1];
  if (Number(said) === stepOf(out)) return;
  throw new UserError(`${out} is at step ${stepOf(out)}, but the training said: ${stderr.trim()}`);
}

function failure({ command }: Writer, { code, signal, stderr }: Ending): UserError {
  const how = signal ?? `exit code ${code}`;
  return new UserError(`a training failed (${how}): ${stderr.trim()}`, {
    hint: `command: ${command}`,
  });
}

// Nothing but checkpoints, logs, locks, and the temporary files that a signal leaves.
function checkFolder({ folder }: KillSettings): void {
  const strange = readdirSync(folder).filter(
    (name) => !/\.ckpt(\.1|\.log)?$/.test(name) && !/\.ckpt(\.log)?(\.lock|\.tmp-\d+)$/.test(name),
  );
  if (strange.length > 0) throw new UserError(`a signal left ${strange.join(', ')} in ${folder}`);
}

// How a training begins, or goes on from what is there.
export function startOrResume(settings: KillSettings, out: string): string[] {
  if (!existsSync(out)) return startArgs(settings, out);
  return ['train', '--resume', out, '--text', settings.text, ...saving(out)];
}

export function startArgs({ text, steps, shape }: KillSettings, out: string): string[] {
  const begin = ['train', '--text', text, '--steps', String(steps), ...shape, ...saving(out)];
  return [...begin, '--force']; // a signal may leave a log without a checkpoint
}

function saving(out: string): string[] {
  return ['--save-every', '1', '--keep', '2', '--out', out, '--log', `${out}.log`];
}
