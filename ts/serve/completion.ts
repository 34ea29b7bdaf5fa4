// The body of POST /v1/completions: what may stand in it, and the answers in the form of OpenAI's.
import { DEFAULT_TOKENS, defaultSampling, type Sampling } from '../engine/engine.ts';
import { limits } from '../program/train_options.ts';
import { isObject } from '../support/json.ts';
import { ApiError, wrongField } from './api_error.ts';
import type { TextOrder, Written } from './text_order.ts';

// What a client asks for.
export interface Completion extends TextOrder {
  stream: boolean;
  /** The stream ends with the counts of tokens. */
  includeUsage: boolean;
}

export interface CompletionRules {
  /** The name of the model that is served. */
  model: string;
  maxTokens: number;
}

const MOST_STOPS = 4;
const MOST_STOP_BYTES = 64;

// What may be said where it changes nothing: this server does not have it otherwise.
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  ...{ n: [1], best_of: [1], echo: [false], logprobs: [null], suffix: [null, ''] },
  ...{ presence_penalty: [0], frequency_penalty: [0], logit_bias: [null] },
};
const KNOWN = new Set([
  ...['model', 'prompt', 'max_tokens', 'temperature', 'top_p', 'top_k', 'seed', 'stop', 'stream'],
  ...['stream_options', 'user'],
]);

type Fields = Readonly<Record<string, unknown>>;

// What the body asks for, or an ApiError that names the field.
export function parseCompletion(text: string, rules: CompletionRules): Completion {
  const fields = fieldsOf(text);
  refuseUnknown(fields);
  checkModel(fields.model, rules.model);
  const most = rules.maxTokens;
  return {
    prompt: promptOf(fields.prompt),
    tokens: numberOf(fields, 'max_tokens', Math.min(DEFAULT_TOKENS, most), { low: 1, high: most }),
    sampling: samplingOf(fields),
    stops: stopsOf(fields.stop),
    stream: flagOf(fields, 'stream'),
    includeUsage: includeUsageOf(fields),
  };
}

function fieldsOf(text: string): Fields {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(400, 'invalid_json', 'the body is not JSON');
  }
  if (isObject(body)) return body;
  throw new ApiError(400, 'invalid_json', 'the body is not a JSON object');
}

function refuseUnknown(fields: Fields): void {
  for (const [name, value] of Object.entries(fields)) {
    if (KNOWN.has(name)) continue;
    if (!Object.hasOwn(NEUTRAL, name))
      throw new ApiError(400, 'unknown_parameter', `there is no parameter ${shown(name)}`);
    if (value === null || NEUTRAL[name]?.includes(value)) continue;
    throw new ApiError(400, 'unsupported_value', `${name} is not supported here; leave it out`, {
      param: name,
    });
  }
}

// The name of a field, of any length, in a message.
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 40));
}

function checkModel(named: unknown, served: string): void {
  if (named === undefined || named === null || named === served) return;
  if (typeof named !== 'string') throw wrongField('model', 'must be a string');
  const message = `there is no such model here; the model is ${served}`;
  throw new ApiError(404, 'model_not_found', message, { param: 'model' });
}

function promptOf(value: unknown): string {
  const prompt = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof prompt === 'string') return prompt;
  throw wrongField('prompt', 'must be one string');
}

function samplingOf(fields: Fields): Sampling {
  const top = numberOf(fields, 'top_p', defaultSampling.topP, { low: 0, high: 1, whole: false });
  if (Math.fround(top) === 0) throw wrongField('top_p', 'must be above 0'); // 0 takes all tokens
  return {
    temperature: numberOf(fields, 'temperature', defaultSampling.temperature, {
      ...{ low: 0, high: 100, whole: false },
    }),
    topK: numberOf(fields, 'top_k', defaultSampling.topK, { low: 0, high: limits.vocab[1] }),
    topP: top,
    seed: numberOf(fields, 'seed', defaultSampling.seed, { low: 0, high: 2 ** 32 - 1 }),
  };
}

interface Range {
  low: number;
  high: number;
  whole?: boolean;
}

function numberOf(
  fields: Fields,
  name: string,
  otherwise: number,
  { low, high, whole = true }: Range,
): number {
  const value = fields[name] ?? otherwise;
  const good = typeof value === 'number' && value >= low && value <= high;
  if (good && (!whole || Number.isInteger(value))) return value;
  throw wrongField(name, `must be a ${whole ? 'whole ' : ''}number from ${low} to ${high}`);
}

function stopsOf(value: unknown): string[] {
  const stops: unknown[] = [value ?? []].flat();
  const isStop = (stop: unknown): stop is string =>
    typeof stop === 'string' && stop !== '' && Buffer.byteLength(stop) <= MOST_STOP_BYTES;
  if (stops.length <= MOST_STOPS && stops.every(isStop)) return stops;
  throw wrongField(
    'stop',
    `must be one string, or at most ${MOST_STOPS}, of 1 to ${MOST_STOP_BYTES} bytes each`,
  );
}

function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw wrongField(name, 'must be true or false');
}

function includeUsageOf({ stream_options: options }: Fields): boolean {
  if (options === undefined || options === null) return false;
  if (!isObject(options)) throw wrongField('stream_options', 'must be an object');
  const unknown = Object.keys(options).find((name) => name !== 'include_usage');
  if (unknown === undefined) return flagOf(options, 'include_usage');
  throw wrongField('stream_options', `has no ${shown(unknown)}; it has include_usage`);
}

// ---- answers ----

// What all parts of one answer have in common.
export interface Head {
  id: string;
  created: number;
  model: string;
}

// A whole answer, or an event of a stream.
export function completionBody(head: Head, text: string, end: Written['end'] | null) {
  const choice = { index: 0, text, logprobs: null, finish_reason: end };
  return { ...head, object: 'text_completion', choices: [choice] };
}

// The event that tells the counts alone.
export function usageBody(head: Head, written: Written) {
  return { ...head, object: 'text_completion', choices: [], usage: usageOf(written) };
}

export function usageOf({ promptTokens, tokens }: Written) {
  const total = promptTokens + tokens;
  return { prompt_tokens: promptTokens, completion_tokens: tokens, total_tokens: total };
}
