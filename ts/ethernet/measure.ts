// Measures trainings of ranks that a slow network joins, beside what the formula predicts of them.
import { availableParallelism } from 'node:os';
import { parseBench } from '../program/bench_rows.ts';
import { lastEvent, parseEvent } from '../program/events.ts';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
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
  parts: StepParts;
  wire: number;
  measured: number;
  predicted: number;
  tokens: number;
  /** Of the bytes that numbers of four bytes take, what was sent. */
  share: number;
}

const PORT = 7000;
const PHASES = ['forward', 'backward', 'update'] as const;

// Trains on so many ranks, first where nothing limits the network, then with each of the limits.
export async function measure(
  training: Training,
  phases: Phases,
  ranks: number,
  limits: readonly Limits[],
): Promise<Measured[]> {
  const network = await createNetwork(ranks);
  try {
    const free = await train(training, network);
    const parts = await partsOf(training, phases, ranks, free);
    const rows: Measured[] = [];
    for (const limit of limits) {
      await network.limit(limit);
      const slow = await train(training, network);
      if (free.crc !== slow.crc) throw new UserError('the network changed the bits of the model');
      const link = { bitsPerSecond: limit.megabits * 1e6, delaySeconds: limit.delay / 1000 };
      rows.push({
        ...{ ...limit, parts, tokens: slow.tokens, share: slow.sent / slow.unpacked },
        ...{ wire: wireSeconds(parts, link), measured: slow.seconds },
        predicted: stepSeconds(parts, link),
      });
    }
    return rows;
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
  return trainedOf(first?.stdout ?? '');
}

// In what `train --json` prints.
export function trainedOf(output: string): Trained {
  const steps = output.split('\n').flatMap((line) => {
    const event = parseEvent(line);
    return event?.event === 'step' ? [event] : [];
  });
  const [first, last, end] = [steps[0], steps.at(-1), lastEvent(output, 'end')];
  if (!first || !last || !end) throw new UserError('the training printed no step, or no end');
  return {
    seconds: (last.seconds - first.seconds) / (last.step - first.step), // the first also opens things
    tokens: end.tokens / end.steps,
    sent: end.sent_bytes ?? 0,
    unpacked: end.unpacked_bytes ?? 0,
    rounds: end.rounds ?? 0,
    crc: end.sections_crc,
  };
}

// Of a model on one machine: its layers, and how the phases of a step compare, as `bench` has them.
export interface Phases {
  layers: number;
  /** Of a sequence. */
  forward: number;
  backward: number;
  /** Of a step. */
  update: number;
}

// Measures them.
export async function measurePhases({ program, preset, options }: Training): Promise<Phases> {
  const words = ['--preset', preset, ...options, '--only', PHASES.join(',')];
  const args = ['bench', ...words, '--form', 'plain,fast', '--json'];
  const { rows } = parseBench((await exec(program, args)).stdout);
  const [forward, backward, update] = PHASES.map((name) => {
    const forms = rows.filter((row) => row.name === name);
    return (forms.find(({ form }) => form === 'fast') ?? forms[0])?.medianUs ?? Number.NaN;
  }) as [number, number, number];
  return { layers: layersOf(rows[0]?.shape ?? ''), forward, backward, update };
}

// "4x128x64" has four.
function layersOf(shape: string): number {
  return Number(shape.split('x')[0]);
}

// What the formula takes: the phases in the proportions that they have, as long as the ranks take.
async function partsOf(
  { program, preset, options }: Training,
  { layers, forward, backward, update }: Phases,
  ranks: number,
  { seconds: free, sent, unpacked, rounds }: Trained,
): Promise<StepParts> {
  const words = ['--preset', preset, ...options, '--counts', 'none', '--ranks', String(ranks)];
  const plan = lastEvent((await exec(program, ['plan', ...words, '--json'])).stdout, 'plan');
  const { batch = 0, micro_batch: together = 0, ternary_weights: weights = 0 } = plan ?? {};
  const share = Math.ceil(batch / ranks);
  const scale = free / (share * (forward + backward) + update);
  // Of ranks that share processors one computes while the other waits: all of that time is in `free`.
  const beside = ranks <= availableParallelism() ? scale : 0;
  const sums = (2 * (ranks - 1)) / ranks; // times that a rank sends each number
  return {
    ...{ ranks, layers, free, sent, rounds },
    lastBackward: beside * backward * Math.min(together, share),
    update: beside * update,
    numbers: unpacked / 4 / sums,
    layerNumbers: weights / layers,
  };
}
