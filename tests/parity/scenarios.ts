// Scenarios of the parity tests: small trainings on the bundled stories.
import { findTarget } from '../../ts/build/targets.ts';
import type { Scenario } from '../../ts/parity/scenario.ts';
import type { TrainSettings } from '../../ts/program/train_options.ts';
import { runners } from '../../ts/runs/runners.ts';
import { storiesOf } from '../stories.ts';

// A shape that trains in a moment.
export const base = {
  ...{ seed: 7, layers: 2, heads: 2, dim: 32, context: 32, batch: 2 },
  ...{ counts: '1MB', order: 6 },
};

// A shape whose sizes are multiples of nothing that the fast kernels like, so that tails count.
export const odd = {
  ...{ seed: 3, layers: 1, heads: 3, dim: 42, context: 19, batch: 3 },
  ...{ counts: '40KB', order: 4 }, // so little that most n-grams find no room
};

// The beginning of the bundled stories: a build in an emulator is slow to count more of them.
const text = storiesOf(20_000);

// So many steps of a training, and a short story.
export function scenario(steps: number, settings: TrainSettings = base): Scenario {
  return {
    settings: { ...settings, steps },
    text,
    tokens: 120,
  };
}

const shown = runners.filter(({ hidden }) => !hidden);

const isOfPc = ({ target }: (typeof runners)[number]) =>
  findTarget(target).processor === undefined && target !== 'win32';

// All that need no laptop and no Windows, WebAssembly among them.
export const nativeRunners = shown.filter((row) => !row.machine && isOfPc(row));

// Those of other processors than a PC's.
export const foreignRunners = shown.filter(
  ({ target }) => findTarget(target).processor !== undefined,
);

// All on a PC, emulated or not.
export const pcRunners = shown.filter(isOfPc);
