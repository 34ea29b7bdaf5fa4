// What a report measures, as rows of data: the training, the phases, the shapes of the table
// of growth.
import type { ShapeSettings, TrainSettings } from '../program/train_options.ts';
import type { AxisName } from './data.ts';

// What the options of a report come to.
export interface ReportSettings {
  settings: TrainSettings;
  /** Absolute path of the text. */
  text: string;
  /** Characters to generate. */
  tokens: number;
  /** Repeats of what is timed. */
  runs: number;
}

// Small enough for an emulated Pentium II, long enough for a clock.
export const DEFAULTS = { preset: 'tiny', steps: 24, seed: 1, tokens: 1000, runs: 3 } as const;

// The laptop of the phases and of the scaling table.
export const COUNTING_RUNNER = 'p3-laptop';

// The phases of `bench`: a step is forward, backward and update.
export const STEP_PARTS = ['forward', 'backward', 'update'] as const;
// All phases that are counted.
export const PHASES = ['step', ...STEP_PARTS, 'generate'] as const;
// The forms of each; the ternary model's first, then the same in fp32, which is the reference.
export const FORMS = ['fast', 'plain', 'fp32', 'fp32-sse'] as const;
// The form that the others are compared with.
export const REFERENCE_FORM = 'fp32';

// The phases and forms whose cycles are modelled, in each i386 build that runs here.
export const MODELLED_PHASES = ['step', 'generate'] as const;
export const MODELLED_FORMS = ['fast', 'fp32', 'fp32-sse'] as const;

type Shape = Omit<ShapeSettings, 'steps'>;

// The shape that every axis starts from.
export const SCALING_BASE: Shape = { layers: 2, heads: 2, dim: 64, context: 32, batch: 8 };

// What else these trainings have: Lion's update is small, so that what grows is what the tokens need.
// n-grams would add what depends on the text alone.
export const SCALING_SETTINGS = { optimizer: 'lion', bigramRows: 64, counts: 'none' } as const;

// What grows, and through which sizes.
export interface Axis {
  name: AxisName;
  title: string;
  sizes: readonly number[];
}

// The axes of the scaling table.
export const SCALING_AXES: readonly Axis[] = [
  { name: 'layers', title: 'layers', sizes: [2, 4, 8, 16] },
  { name: 'batch', title: 'sequences per step (tokens)', sizes: [4, 8, 16, 32] },
  { name: 'context', title: 'context (tokens, and pairs in attention)', sizes: [16, 32, 64, 128] },
  { name: 'dim', title: 'dim', sizes: [32, 64, 128, 256] },
];

// Two trainings of a shape: their difference is this many steps, without the start.
export const SCALING_STEPS = { long: 3, short: 1 } as const;

// How much of the text the scaling table reads: reading all would be most of the work.
export const SCALING_BYTES = 16_000;
