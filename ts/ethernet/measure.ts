// Measures trainings of ranks that a slow network joins, beside what the formula predicts of them.
import { availableParallelism } from 'node:os';
import { parseBench } from '../program/bench_rows.ts';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { parseObject } from '../support/json.ts';
import { createNetwork, type Limits, type Network } from './network.ts';
import { type StepParts, stepSeconds, wireSeconds } from './step_time.ts';

// A training to measure.
export interface Training {
  /** The program. */
  program: string;
  preset: string;
  /** Options of `train`, `plan` and `bench` beside it. */
  options: readonly string[];
  steps: number;
}

// What came of it. Times are seconds of a step, on this machine.
export interface Measured extends Limits {
  ranks: number;
  parts: StepParts;
  wire: number;
  measured: number;
  predicted: number;
  tokens: number;
}

const PORT = 7000;
const PHASES = ['forward', 'backward', 'update'] as const;

// Trains on so many ranks, first where nothing limits the network.
export async function measure(
  training: Training,
  ranks: number,
  limits: Limits,
): Promise<Measured> {
  const network = await createNetwork(ranks);
  try {
    const free = await train(training, network);
    await network.limit(limits);
    const slow = await train(training, network);
    if (free.crc !== slow.crc) throw new UserError('the network changed the bits of the model');
    const parts = await partsOf(training, ranks, { ...slow, free: free.seconds });
    const link = { bitsPerSecond: limits.megabits * 1e6, delaySeconds: limits.delay / 1000 };
    return {
      ...{ ...limits, ranks, parts, tokens: slow.tokens },
      ...{ wire: wireSeconds(parts, link), measured: slow.seconds },
      predicted: stepSeconds(parts, link),
    };
  } finally {
    await network.remove();
  }
}

// Of a training: of one step, but for `crc`, which is of the model at the end.
interface Trained {
  seconds: number;
  tokens: number;
  sent: number;
  unpacked: number;
  rounds: number;
  crc: string;
}

// Trains by --peers, a rank on each computer; what the first of them printed.
async function train(
  { program, preset, options, steps }: Training,
  { addresses, on }: Network,
): Promise<Trained> {
  const what = ['--preset', preset, ...options, '--steps', String(steps), '--counts', 'none'];
  const peers = ['--peers', addresses.map((address) => `${address}:${PORT}`).join(',')];
  const start = (_: string, rank: number) => {
    const words = [...on(rank), program, 'train', ...what, '--out', 'none', '--json', ...peers];
    const [command = '', ...args] = [...words, '--rank', String(rank)];
    return exec(command, args, { what: `train as rank ${rank}` });
  };
  const [first] = await Promise.all(addresses.map(start));
  return trainedOf(first?.stdout ?? '', steps);
}

// In what `train --json` prints.
export function trainedOf(output: string, steps: number): Trained {
  const events = output.split('\n').map((line) => parseObject(line) ?? {});
  const shown = events.filter(({ event }) => event === 'step');
  const end = events.find(({ event }) => event === 'end') ?? {};
  const [first, last] = [shown[0] ?? {}, shown.at(-1) ?? {}];
  const between = Number(last.step) - Number(first.step); // the first step also opens things
  return {
    seconds: (Number(last.seconds) - Number(first.seconds)) / between,
    tokens: Number(end.tokens) / steps,
    sent: Number(end.sent_bytes),
    unpacked: Number(end.unpacked_bytes),
    rounds: Number(end.rounds),
    crc: String(end.sections_crc),
  };
}

// What the formula takes: the phases as `bench` has them, in the proportions that they have there.
async function partsOf(
  { program, preset, options }: Training,
  ranks: number,
  trained: Trained & { free: number },
): Promise<StepParts> {
  const words = ['--preset', preset, ...options];
  const plan = parseObject(
    (
      await exec(program, [
        'plan',
        ...words,
        '--counts',
        'none',
        '--ranks',
        String(ranks),
        '--json',
      ])
    ).stdout,
  );
  const [batch, together] = [Number(plan?.batch), Number(plan?.micro_batch)];
  const { stdout } = await exec(program, [
    'bench',
    ...words,
    '--only',
    PHASES.join(','),
    '--form',
    'plain,fast',
    '--json',
  ]);
  const { rows } = parseBench(stdout);
  const [forward, backward, update] = PHASES.map((name) => {
    const forms = rows.filter((row) => row.name === name);
    return (forms.find(({ form }) => form === 'fast') ?? forms[0])?.medianUs ?? Number.NaN;
  }) as [number, number, number];
  const share = Math.ceil(batch / ranks);
  const scale = trained.free / (share * (forward + backward) + update);
  // Of ranks that share processors one computes while the other waits: all of that time is in `free`.
  const beside = ranks <= availableParallelism() ? scale : 0;
  const layers = layersOf(rows[0]?.shape ?? '');
  const sums = (2 * (ranks - 1)) / ranks; // times that a rank sends each number
  return {
    ...{ ranks, layers, free: trained.free, sent: trained.sent, rounds: trained.rounds },
    lastBackward: beside * backward * Math.min(together, share),
    update: beside * update,
    numbers: trained.unpacked / 4 / sums,
    layerNumbers: Number(plan?.ternary_weights) / layers,
  };
}

// "4x128x64" has four.
function layersOf(shape: string): number {
  return Number(shape.split('x')[0]);
}
