// One run from wherever it stands to its result: train or resume, judge, keep.
import { cpus } from 'node:os';
import type { Program } from '../build/program.ts';
import { evalCommand } from '../program/command_lines.ts';
import { lastEvent, parseEvent, type StepEvent } from '../program/events.ts';
import { type Judgement, parseJudgement } from '../program/judgement.ts';
import { type LossPoint, lastTenth } from '../program/losses.ts';
import { lastWords } from '../runs/failure.ts';
import { runCommandAny } from '../runs/run.ts';
import { runnerOf } from '../runs/runners.ts';
import { UserError } from '../support/errors.ts';
import { exists } from '../support/files.ts';
import { sha256File } from '../support/hash.ts';
import { interruptError, interruptSignal } from '../support/interrupt.ts';
import { parseObject } from '../support/json.ts';
import { displayPath } from '../support/paths.ts';
import { type PlanNumbers, planNumbers } from './plan_numbers.ts';
import { type Identity, memoryArgs, type Run } from './runs.ts';
import type { RunResult, Store } from './store.ts';

// What all runs of one call share.
export interface Laboratory {
  program: Program;
  store: Store;
  /** Absolute path of the text. */
  text: string;
  identity: Identity;
  jobs: number;
  invocation: string;
  force: boolean;
  onStep: (run: Run, event: StepEvent) => void;
}

const SAVES = 20;
const INTERRUPTED = [130, 143];
const DECIMALS = 4;

// Gives the result of a run; throws one line about it when the program fails.
export async function finishRun(run: Run, lab: Laboratory): Promise<RunResult> {
  if (interruptSignal.aborted) throw interruptError();
  if (lab.force) await lab.store.forget(run);
  if (run.float32) return finishFloat32(run, lab);
  const stdout = await train(run, lab);
  const judgement = run.memory ? null : await judge(run, lab);
  const evidence = {
    stdout,
    judgement,
    points: await lab.store.losses(run),
    checkpoint: await sha256File(lab.store.checkpoint(run)),
    plan: planNumbers(stdout),
  };
  const result = describe(run, lab, evidence);
  await lab.store.finish(run, result);
  return result;
}

// The float32 model keeps no checkpoint: it is trained in one go.
async function finishFloat32(run: Run, lab: Laboratory): Promise<RunResult> {
  const stdout = await call(run, lab, [
    ...['baseline', '--text', lab.text, ...run.shapeArgs, '--json'],
  ]);
  const lines = stdout.split('\n').map((line) => parseObject(line) ?? {});
  const loss = lines.findLast(({ event }) => event === 'held_out')?.loss;
  const arena = lines.find(({ event }) => event === 'baseline')?.arena_bytes;
  if (typeof loss !== 'string' || typeof arena !== 'number') {
    throw new UserError('the program printed no held-out loss of its float32 model');
  }
  const judgement = { loss, tokens: 0, unigram: '', bigram: '' };
  const evidence = { stdout, judgement, points: [], checkpoint: '', plan: float32Plan(arena) };
  const result = describe(run, lab, evidence);
  await lab.store.finish(run, result);
  return result;
}

function float32Plan(arena_bytes: number): PlanNumbers {
  return {
    ...{ ternary_weights: 0, float_parameters: 0, weight_state_bytes: 0 },
    ...{ activation_bytes: 0, gradient_bytes: 0, arena_bytes },
  };
}

async function train(run: Run, lab: Laboratory): Promise<string> {
  const { store, text } = lab;
  const checkpoint = store.checkpoint(run);
  await store.joinLogs(run);
  const begun = await exists(checkpoint);
  const start = begun ? ['--resume', checkpoint] : run.shapeArgs;
  const saveEvery = Math.ceil(run.steps / SAVES);
  const args = [
    ...['train', '--text', text, ...start, ...memoryArgs(run), '--out', checkpoint],
    ...['--log', store.part(run), '--save-every', String(saveEvery), '--json'],
  ];
  const hint = begun ? `--force starts again, without ${displayPath(checkpoint)}` : undefined;
  return call(run, lab, args, hint).finally(() => store.joinLogs(run));
}

async function judge(run: Run, lab: Laboratory): Promise<Judgement> {
  const args = evalCommand(lab.store.checkpoint(run), lab.text);
  return parseJudgement(await call(run, lab, args));
}

// What the program prints. A program that was stopped is no failed run.
async function call(run: Run, lab: Laboratory, args: string[], hint?: string): Promise<string> {
  const onStdout = (line: string) => {
    const event = parseEvent(line);
    if (event?.event === 'step') lab.onStep(run, event);
  };
  const result = await runCommandAny(runnerOf(lab.program), args, { onStdout });
  if (result.exitCode === 0) return result.stdout;
  if (INTERRUPTED.includes(result.exitCode)) throw interruptError();
  throw new UserError(lastWords(result), hint === undefined ? {} : { hint });
}

interface Evidence {
  stdout: string;
  judgement: Judgement | null;
  points: readonly LossPoint[];
  checkpoint: string;
  plan: PlanNumbers;
}

function describe(run: Run, lab: Laboratory, evidence: Evidence): RunResult {
  const { program, identity, jobs, invocation } = lab;
  const { stdout, judgement, points, checkpoint, plan } = evidence;
  const step = lastEvent(stdout, 'step');
  return {
    key: run.key,
    arguments: [...run.shapeArgs, ...memoryArgs(run)].join(' '),
    held_out: judgement,
    train_loss: lastTenth(points, run.steps)?.toFixed(DECIMALS) ?? null,
    ...plan,
    tokens: run.steps * run.tokensPerStep,
    tokens_per_second: step && step.seconds > 0 ? Math.round(step.tokens / step.seconds) : null,
    peak_bytes: lastEvent(stdout, 'end')?.peak_bytes ?? 0,
    checkpoint_sha256: checkpoint,
    text_sha256: identity.textSha256,
    program_sha256: identity.programSha256,
    target: program.target,
    compiler: program.compiler,
    cpu: cpus()[0]?.model ?? 'unknown',
    jobs: run.memory ? 1 : jobs,
    invocation,
  };
}
