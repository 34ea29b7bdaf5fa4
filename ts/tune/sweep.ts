// A sweep file: what is tried, by which method, for how long. Its keys are those that people know
// from the sweeps of Weights & Biases; what this project needs beside them has keys of its own. JSON
// or YAML.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument } from 'yaml';
import { findTarget, longRunTarget } from '../build/targets.ts';
import { findMachine, type Machine } from '../guest/machines.ts';
import { UserError } from '../support/errors.ts';
import { isObject } from '../support/json.ts';
import { type Budget, parseBudget } from './budget.ts';
import { type Halving, halvingOf } from './halving.ts';
import { isMetric, type Metric, metricNames } from './metric.ts';
import { wrong } from './mistake.ts';
import { checkNames } from './options.ts';
import { parseParameters } from './parse_space.ts';
import { nextJobs, type SearchPlan } from './search.ts';

// A sweep as its file has it.
export interface Sweep {
  /** As the file calls itself, or the name of the file. */
  name: string;
  search: SearchPlan;
  metric: Metric;
  budget: Budget;
  /** The text that trials learn from: beside the sweep file, or nothing for the bundled stories. */
  text?: string;
  /** The laptop whose memory a trial may take, and whose cycles are modelled. */
  machine: Machine;
  /** The build whose program runs here: a row of ts/build/targets.ts. */
  target: string;
  /** A trial that has not reached its next evaluation after so many minutes has failed. */
  minutes?: number;
}

type Fields = Readonly<Record<string, unknown>>;

const KEYS = [
  ...['name', 'description', 'method', 'metric', 'parameters', 'early_terminate', 'run_cap'],
  ...['seed', 'batch', 'budget', 'text', 'machine', 'target', 'minutes'],
];

// Keys of sweeps that would do nothing here, and what does it instead.
const ELSEWHERE: Readonly<Record<string, string>> = {
  program: 'every trial runs `legacy_llm train`; `target` names its build',
  command: 'every trial runs `legacy_llm train`; `target` names its build',
  project: 'results go into the folder of --out',
  entity: 'results go into the folder of --out',
};

const METHODS = ['grid', 'random', 'bayes'] as const;
const DEFAULT_MACHINE = 'p3-64';
const DEFAULT_METRIC = 'held_out_loss';
const MOST_SEED = 2 ** 32 - 1;
const MOST_TRIALS = 100_000;

// Reads a sweep file; throws one line that names the file and what is wrong with it.
export async function readSweep(file: string): Promise<Sweep> {
  const sweep = parseSweep(await readSource(file), path.basename(file));
  const text = sweep.text && path.resolve(path.dirname(file), sweep.text);
  return { ...sweep, ...(text !== undefined && { text }) };
}

async function readSource(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).replace(/^\ufeff/, '');
  } catch {
    throw new UserError(`${file}: there is no sweep file that can be read`, {
      hint: 'examples/sweeps/bayes.yaml is one to begin with.',
      exitCode: 2,
    });
  }
}

// The sweep that a text holds. JSON is YAML, too.
export function parseSweep(source: string, name: string): Sweep {
  try {
    return sweepOf(fieldsOf(source), name);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { hint } = error;
    throw new UserError(`${name}: ${error.message}`, { ...(hint && { hint }), exitCode: 2 });
  }
}

function fieldsOf(source: string): Fields {
  const document = parseDocument(source, { prettyErrors: true });
  const [mistake] = document.errors;
  if (mistake) throw wrong(mistake.message.split('\n')[0] ?? 'it is no YAML');
  const value: unknown = document.toJS();
  if (isObject(value)) return value;
  throw wrong('it must be an object with `method` and `parameters`');
}

function sweepOf(fields: Fields, file: string): Sweep {
  checkKeys(fields);
  const text = word(fields, 'text');
  const machine = findMachine(word(fields, 'machine') ?? DEFAULT_MACHINE);
  const target = word(fields, 'target') ?? longRunTarget;
  const minutes = positive(fields, 'minutes');
  findTarget(target);
  const metric = metricOf(fields.metric);
  const search = searchOf(fields, metric);
  return {
    ...{ name: word(fields, 'name') ?? file, search, metric, machine, target },
    budget: parseBudget(fields.budget, search.space),
    ...(text !== undefined && { text }),
    ...(minutes !== undefined && { minutes }),
  };
}

function checkKeys(fields: Fields): void {
  for (const key of Object.keys(fields)) {
    if (KEYS.includes(key)) continue;
    const instead = ELSEWHERE[key];
    throw wrong(
      `unknown key \`${key}\``,
      instead === undefined ? `Keys: ${KEYS.join(', ')}.` : `Leave it out: ${instead}.`,
    );
  }
}

function searchOf(fields: Fields, { goal }: Metric): SearchPlan {
  const method = METHODS.find((name) => name === fields.method);
  if (!method) throw wrong(`\`method\` must be one of ${METHODS.join(', ')}`);
  const space = parseParameters(fields.parameters);
  checkNames(space);
  const runCap = count(fields, 'run_cap', [1, MOST_TRIALS]);
  const generation = count(fields, 'batch', [1, MOST_TRIALS]);
  const halving = halvingFrom(fields.early_terminate);
  const plan: SearchPlan = {
    ...{ method, goal, space, seed: count(fields, 'seed', [0, MOST_SEED]) ?? 1 },
    ...(runCap !== undefined && { runCap }),
    ...(generation !== undefined && { generation }),
    ...(halving && { halving }),
  };
  nextJobs(plan, []); // refuses a space that has no end, and more trials than anybody can wait for
  return plan;
}

function halvingFrom(value: unknown): Halving | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value) || value.type !== 'hyperband') {
    throw wrong('`early_terminate` must be an object with `type: hyperband`');
  }
  const { type, ...keys } = value;
  return halvingOf(keys);
}

function metricOf(value: unknown): Metric {
  if (value === undefined) return { name: DEFAULT_METRIC, goal: 'minimize' };
  const { name = DEFAULT_METRIC, goal = 'minimize', ...rest } = isObject(value) ? value : {};
  const [unknown] = Object.keys(rest);
  if (!isObject(value)) throw wrong('`metric` must be an object with `name` and `goal`');
  if (unknown !== undefined) throw wrong(`unknown key \`${unknown}\` in \`metric\``);
  if (goal !== 'minimize' && goal !== 'maximize') {
    throw wrong('`goal` of `metric` must be minimize or maximize');
  }
  if (isMetric(name)) return { name, goal };
  throw wrong(
    `no training has a metric \`${String(name)}\``,
    `Metrics: ${metricNames.join(', ')}.`,
  );
}

function word(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  if (value === undefined || (typeof value === 'string' && value !== '')) return value || undefined;
  throw wrong(`\`${key}\` must be a text`);
}

function positive(fields: Fields, key: string): number | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw wrong(`\`${key}\` must be a number above 0`);
}

function count(fields: Fields, key: string, [low, high]: [number, number]): number | undefined {
  const value = fields[key];
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && Number(value) >= low && Number(value) <= high) {
    return Number(value);
  }
  throw wrong(`\`${key}\` must be a whole number from ${low} to ${high}`);
}
