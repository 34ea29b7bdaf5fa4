// One job of a sweep: takes a trial from where it stands to the end of a rung, as a process of the
// program under a limit of memory, and evaluates it there. A trial that fails is a result, too.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '../build/program.ts';
import { evalCommand, planCommand } from '../program/command_lines.ts';
import { lastEvent, type PlanEvent, parseEvent, type StepEvent } from '../program/events.ts';
import { parseJudgement } from '../program/judgement.ts';
import { parseLog } from '../program/losses.ts';
import { lastWords } from '../runs/failure.ts';
import { UserError } from '../support/errors.ts';
import { type ExecResult, execAny, TIMED_OUT } from '../support/exec.ts';
import { exists, readTextIfThere } from '../support/files.ts';
import { interruptError, interruptSignal } from '../support/interrupt.ts';
import { formatBytes } from '../support/progress.ts';
import { type Budget, stepsWithin } from './budget.ts';
import type { OutcomeLine } from './journal.ts';
import { type Measures, type Metric, measuresOf } from './metric.ts';
import { argsOf, trainingArgs } from './options.ts';
import type { Job } from './search.ts';
import type { Setting } from './space.ts';

// What all jobs of a sweep share.
export interface Workshop {
  program: Program;
  /** Absolute path of the text. */
  text: string;
  /** Where checkpoints of unfinished trials are kept. */
  folder: string;
  metric: Metric;
  budget: Budget;
  /** Bytes of memory that a process may take. */
  ram: number;
  /** Cycles of the machine in a second. */
  clock: number;
  /** Modelled cycles of a step; nothing where nobody asks for them. */
  cyclesOf?: (setting: Setting, vocab: number) => Promise<number>;
  minutes?: number;
  onStep: (event: StepEvent, tokensPerStep: number) => void;
}

const INTERRUPTED = [129, 130, 141, 143];
const KILOBYTE = 1024;
const SECONDS = 60;
const SAVES = 10;
const WAIT_MS = 500;

// What the program says where another run has its file, and the system where a disk is full.
const LOCKED = 'is being written by another run';
const DISK_FULL = 'No space left on device';
const FULL_HINT = 'Free some space; the same command goes on from here.';

// What is known of a trial before its first step.
interface Plan {
  steps: number;
  step: number;
  known: Partial<OutcomeLine>;
}

// Why a trial failed; everything else that is thrown ends the sweep.
export class TrialFailure extends Error {}

// Does a job and says what came of it; throws only where the sweep itself cannot go on.
export async function doJob(job: Job, shop: Workshop): Promise<OutcomeLine> {
  const { trial, rung, setting } = job;
  let plan: Plan = { steps: 0, step: 0, known: {} };
  const line = { event: 'outcome', trial, rung, setting } as const;
  try {
    plan = await planTrial(job, shop);
    const measures = await trainAndJudge(job, plan, shop);
    const value = measures[shop.metric.name];
    if (value === undefined) throw new TrialFailure(`no ${shop.metric.name} was measured`);
    return { ...line, steps: plan.steps, step: plan.step, value, measures, ...plan.known };
  } catch (error) {
    if (!(error instanceof TrialFailure)) throw error;
    await forgetTrial(trial, shop.folder);
    return { ...line, steps: plan.steps, step: plan.step, failed: error.message, ...plan.known };
  }
}

// Removes the checkpoint of a trial that goes no further; its log stays.
export async function forgetTrial(trial: number, folder: string): Promise<void> {
  await rm(checkpointOf(trial, folder), { force: true });
}

// Where the checkpoint of a trial is.
export function checkpointOf(trial: number, folder: string): string {
  return path.join(folder, `${trial}.ckpt`);
}

// What a trial comes to, before its first step; throws a TrialFailure where it cannot be.
export async function planTrial({ setting, part }: Job, shop: Workshop): Promise<Plan> {
  const { budget, ram, clock, cyclesOf } = shop;
  const output = await call(planCommand(shop.text, argsOf(setting)), shop);
  const plan = lastEvent(output, 'plan');
  const { steps: own, batch, context, vocab } = plan ?? {};
  if (!plan || !own || !batch || !context || !vocab) {
    throw new UserError('the program printed no memory plan that this driver understands');
  }
  if (plan.total_bytes > ram) {
    throw new TrialFailure(`needs ${formatBytes(plan.total_bytes)}, of ${formatBytes(ram)}`);
  }
  const cycles = await cyclesOf?.(setting, vocab);
  const cost = { tokensPerStep: batch * context, ...(cycles && { cyclesPerStep: cycles }) };
  const steps = stepsWithin(budget, { steps: own, ...cost }, clock);
  if (steps < 1) throw new TrialFailure('not one step fits into the budget');
  return { steps, step: Math.max(1, Math.round(steps * part)), known: knownOf(plan, cost) };
}

function knownOf(
  plan: PlanEvent,
  { tokensPerStep, cyclesPerStep }: { tokensPerStep: number; cyclesPerStep?: number },
): Partial<OutcomeLine> {
  const { ternary_weights = 0, token_values = 0, float_parameters = 0, row_values = 0 } = plan;
  return {
    ram_bytes: plan.arena_bytes,
    ...(plan.file_bytes !== undefined && { file_bytes: plan.file_bytes }),
    parameters: ternary_weights + token_values + float_parameters + row_values,
    tokens_per_step: tokensPerStep,
    ...(cyclesPerStep !== undefined && { cycles_per_step: cyclesPerStep }),
  };
}

async function trainAndJudge(job: Job, plan: Plan, shop: Workshop): Promise<Measures> {
  await mkdir(shop.folder, { recursive: true });
  const checkpoint = checkpointOf(job.trial, shop.folder);
  const log = path.join(shop.folder, `${job.trial}.log`);
  await call([...(await trainArgs(job, plan, checkpoint, shop)), '--log', log], shop, (line) => {
    const event = parseEvent(line);
    if (event?.event === 'step') shop.onStep(event, plan.known.tokens_per_step ?? 0);
  });
  const judged = await call(evalCommand(checkpoint, shop.text), shop);
  return measuresOf(parseJudgement(judged), await lastLoss(log));
}

// The loss of the last step, from the log, which also knows it where the last call did no step.
async function lastLoss(log: string): Promise<string> {
  const last = parseLog((await readTextIfThere(log)) ?? '').at(-1);
  return last === undefined ? '' : String(last.loss);
}

// A training from its start, or on from where it was paused or killed.
async function trainArgs(
  { setting }: Job,
  { steps, step }: Plan,
  checkpoint: string,
  { text }: Workshop,
): Promise<string[]> {
  const start = (await exists(checkpoint))
    ? ['--resume', checkpoint]
    : trainingArgs(setting, steps);
  const saveEvery = String(Math.ceil(steps / SAVES));
  return [
    ...['train', '--text', text, ...start, '--out', checkpoint, '--json'],
    ...['--save-every', saveEvery, ...(step < steps ? ['--stop-after', String(step)] : [])],
  ];
}

// What the program prints, within the limits of memory and time. One that a signal ended is started
// once more, and one whose checkpoint a run that was left alone still writes waits for it.
async function call(
  args: readonly string[],
  shop: Workshop,
  onStdout?: (line: string) => void,
): Promise<string> {
  for (let killed = 0; ; ) {
    const result = await callOnce(args, shop, onStdout);
    if (result.exitCode === 0) return result.stdout;
    if (INTERRUPTED.includes(result.exitCode)) throw interruptError();
    const words = wordsOf(result);
    if (words.includes(LOCKED)) await sleep(WAIT_MS, undefined, { signal: interruptSignal });
    else if (words.includes(DISK_FULL)) throw new UserError(words, { hint: FULL_HINT });
    else if (result.signal === null || killed++ > 0) {
      throw new TrialFailure(`${args[0]}: ${words}`);
    }
  }
}

async function callOnce(
  args: readonly string[],
  { program, ram, minutes }: Workshop,
  onStdout?: (line: string) => void,
): Promise<ExecResult> {
  const script = `ulimit -v ${Math.floor(ram / KILOBYTE)}; exec "$@"`;
  try {
    return await execAny('sh', ['-c', script, 'sh', ...program.command, ...args], {
      ...(minutes !== undefined && { timeoutSeconds: minutes * SECONDS }),
      ...(onStdout && { onStdout }),
      what: String(args[0]),
    });
  } catch (error) {
    if (!(error instanceof UserError && error.exitCode === TIMED_OUT)) throw error;
    throw new TrialFailure(error.message);
  }
}

function wordsOf(result: ExecResult): string {
  const { signal, exitCode, stdout, stderr } = result;
  if (signal !== null) return `killed by signal ${signal}`;
  const unknown = { seconds: 0, instructions: 0, maxRssKb: 0 };
  return lastWords({ exitCode, signal, stdout, stderr, ...unknown });
}
