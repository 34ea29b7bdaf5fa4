// What the program says with --json: one object a line. Numbers that are compared over builds are
// strings or integers in there; seconds are that machine's own clock, for display only.
import { parseObject } from '../support/json.ts';

// What a plan says beside its sums; whoever needs one of them looks whether it is there.
export interface PlanDetails {
  ternary_weights: number;
  /** Values of int16 in the embeddings of tokens. */
  token_values: number;
  float_parameters: number;
  /** Values of int8 in the rows of pairs and n-grams. */
  row_values: number;
  /** Weights and what the optimizer remembers of them. */
  weight_state_bytes: number;
  micro_batch: number;
  /** Layers whose activations are kept at a time. */
  segment: number;
  activation_bytes: number;
  activation_bytes_without_recompute: number;
  /** Different tokens, tokens that the model sees at once, sequences of a step, steps. */
  vocab: number;
  context: number;
  batch: number;
  steps: number;
  /** The exported model without its counts. */
  file_bytes: number;
}

// The memory plan of a training, before its first step.
export interface PlanEvent extends Partial<PlanDetails> {
  event: 'plan';
  items: { name: string; bytes: number }[];
  arena_bytes: number;
  process_bytes: number;
  total_bytes: number;
  ram_bytes: number;
}

// One step.
export interface StepEvent {
  event: 'step';
  step: number;
  steps: number;
  loss: string;
  tokens: number;
  seconds: number;
}

// The end of a training.
export interface EndEvent {
  event: 'end';
  steps: number;
  tokens: number;
  loss_first: string;
  loss_last: string;
  peak_bytes: number;
  plan_bytes: number;
  checkpoint: string;
  /** CRC-32 of the checkpoint's sections, also where none is kept. */
  sections_crc: string;
  /** Of a training on several ranks, each step: bytes that this one sent, as they would be without a
   * code, and times that it sent something to each other one. */
  sent_bytes?: number;
  unpacked_bytes?: number;
  rounds?: number;
}

// Any of them.
export type TrainEvent = PlanEvent | StepEvent | EndEvent;

const NUMBERS = {
  plan: ['arena_bytes', 'process_bytes', 'total_bytes', 'ram_bytes'],
  step: ['step', 'steps', 'tokens', 'seconds'],
  end: ['steps', 'tokens', 'peak_bytes', 'plan_bytes'],
} as const;
const DETAILS: readonly (keyof PlanDetails)[] = [
  'ternary_weights',
  'token_values',
  'float_parameters',
  'row_values',
  'weight_state_bytes',
  'micro_batch',
  'segment',
  'activation_bytes',
  'activation_bytes_without_recompute',
  'vocab',
  'context',
  'batch',
  'steps',
  'file_bytes',
];
const STRINGS = {
  plan: [],
  step: ['loss'],
  end: ['loss_first', 'loss_last', 'checkpoint', 'sections_crc'],
} as const;

// The event in a line of output; undefined for any other line.
export function parseEvent(line: string): TrainEvent | undefined {
  const fields = parseObject(line);
  if (!fields) return undefined;
  const kind = fields.event;
  if (kind !== 'plan' && kind !== 'step' && kind !== 'end') return undefined;
  const whole =
    NUMBERS[kind].every((name) => typeof fields[name] === 'number') &&
    STRINGS[kind].every((name) => typeof fields[name] === 'string') &&
    (kind !== 'plan' || isPlan(fields));
  return whole ? (fields as unknown as TrainEvent) : undefined;
}

function isPlan(fields: Record<string, unknown>): boolean {
  const good = (name: string) => fields[name] === undefined || typeof fields[name] === 'number';
  return Array.isArray(fields.items) && DETAILS.every(good);
}

// The last event of that kind in a whole output.
export function lastEvent<K extends TrainEvent['event']>(
  output: string,
  kind: K,
): Extract<TrainEvent, { event: K }> | undefined {
  const events = output.split('\n').map(parseEvent);
  return events.findLast((event) => event?.event === kind) as never;
}
