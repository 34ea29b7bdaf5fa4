// The `parameters` of a sweep file, in the keys of wandb's sweeps. It knows no parameter by name.
import { UserError } from '../support/errors.ts';
import { isObject } from '../support/json.ts';
import { choiceCount, type Distribution, type Value } from './distribution.ts';
import type { Parameter, Space } from './space.ts';

type Kind = Distribution['kind'];
type Fields = Readonly<Record<string, unknown>>;

// What each kind needs; more than that only `values` may have.
const NEEDS: Readonly<Record<Kind, readonly string[]>> = {
  constant: ['value'],
  categorical: ['values'],
  int_uniform: ['min', 'max'],
  uniform: ['min', 'max'],
  q_uniform: ['min', 'max', 'q'],
  log_uniform_values: ['min', 'max'],
  q_log_uniform_values: ['min', 'max', 'q'],
};

const KEYS = ['distribution', 'value', 'values', 'probabilities', 'min', 'max', 'q'];
const SUM_SLACK = 1e-6;

// The parameters of this object, each under its name.
export function parseParameters(fields: unknown): Space {
  if (!isObject(fields)) {
    throw new UserError('parameters must be an object, with an object for each parameter', {
      exitCode: 2,
    });
  }
  const space = Object.entries(fields).map(([name, own]) => new ParameterReader(name, own).read());
  if (space.length > 0) return space;
  throw new UserError('parameters is empty; give at least one parameter', { exitCode: 2 });
}

// Reads one parameter; what it refuses, it refuses with the name.
class ParameterReader {
  readonly #name: string;
  readonly #fields: Fields;

  constructor(name: string, fields: unknown) {
    this.#name = name;
    if (!isObject(fields)) throw this.#wrong('it must be an object, such as {"value": 4}');
    this.#fields = fields;
  }

  read(): Parameter {
    const unknown = Object.keys(this.#fields).find((key) => !KEYS.includes(key));
    if (unknown !== undefined) {
      throw this.#wrong(`unknown key ${unknown}; there are ${KEYS.join(', ')}`);
    }
    const kind = this.#kind();
    this.#checkKeys(kind);
    return { name: this.#name, distribution: this.#distribution(kind) };
  }

  #kind(): Kind {
    const { distribution } = this.#fields;
    const kinds = Object.keys(NEEDS) as Kind[];
    if (distribution !== undefined) {
      const kind = kinds.find((each) => each === distribution);
      if (kind) return kind;
      throw this.#wrong(
        `unknown distribution ${show(distribution)}; there are ${kinds.join(', ')}`,
      );
    }
    if (this.#has('value')) return 'constant';
    if (this.#has('values')) return 'categorical';
    if (!this.#has('min') && !this.#has('max')) {
      throw this.#wrong('give it value, values, or min and max');
    }
    const { min, max } = this.#fields;
    return Number.isInteger(min) && Number.isInteger(max) ? 'int_uniform' : 'uniform';
  }

  #checkKeys(kind: Kind): void {
    const needs = NEEDS[kind];
    const mine = this.#has('distribution') ? `distribution ${kind}` : needs[0];
    const taken = ['distribution', ...needs, ...(kind === 'categorical' ? ['probabilities'] : [])];
    const other = Object.keys(this.#fields).find((key) => !taken.includes(key));
    if (other === 'q') {
      throw this.#wrong('q needs distribution: q_uniform or q_log_uniform_values');
    }
    if (other !== undefined) {
      throw this.#wrong(`${mine} and ${other} contradict each other; give only one of them`);
    }
    const missing = needs.find((key) => !this.#has(key));
    if (missing === undefined) return;
    throw this.#wrong(`${missing} is missing; ${kind} needs ${needs.join(', ')}`);
  }

  #distribution(kind: Kind): Distribution {
    if (kind === 'constant') return { kind, value: this.#value(this.#fields.value) };
    if (kind === 'categorical') return this.#categorical();
    const [min, max] = [this.#number('min'), this.#number('max')];
    if (min > max) throw this.#wrong(`empty range: min ${min} is greater than max ${max}`);
    if (kind.includes('log') && min <= 0) {
      throw this.#wrong(`min must be greater than 0 for ${kind}, not ${min}`);
    }
    if (kind === 'int_uniform' && !(Number.isSafeInteger(min) && Number.isSafeInteger(max))) {
      throw this.#wrong('min and max must be whole for int_uniform; or use uniform');
    }
    if (kind !== 'q_uniform' && kind !== 'q_log_uniform_values') return { kind, min, max };
    const distribution = { kind, min, max, q: this.#number('q') };
    if (distribution.q <= 0) throw this.#wrong(`q must be greater than 0, not ${distribution.q}`);
    if (choiceCount(distribution) > 0) return distribution;
    throw this.#wrong(`empty range: no multiple of q ${distribution.q} from ${min} to ${max}`);
  }

  #categorical(): Distribution {
    const { values: given, probabilities } = this.#fields;
    if (!Array.isArray(given)) throw this.#wrong('values must be a list, such as [1, 2, 4]');
    if (given.length === 0) throw this.#wrong('values is empty; list at least one');
    const values = given.map((value) => this.#value(value));
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) throw this.#wrong(`values has ${show(twice)} twice; list it once`);
    const kind = 'categorical';
    if (probabilities === undefined) return { kind, values };
    return { kind, values, probabilities: this.#probabilities(probabilities, values.length) };
  }

  #probabilities(given: unknown, count: number): number[] {
    if (!Array.isArray(given) || given.length !== count) {
      throw this.#wrong(`probabilities must be a list with one for each of the ${count} values`);
    }
    const wrong = given.find((each) => !(typeof each === 'number' && each > 0));
    if (wrong !== undefined) {
      throw this.#wrong(
        `probabilities must be greater than 0, not ${show(wrong)}; leave out what is never to be drawn`,
      );
    }
    const sum = given.reduce((all: number, each: number) => all + each, 0);
    if (Math.abs(sum - 1) <= SUM_SLACK) return given;
    throw this.#wrong(`probabilities must add up to 1, not ${Number(sum.toPrecision(6))}`);
  }

  #value(value: unknown): Value {
    if (typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.#wrong(`a value must be a number, a string, true or false, not ${show(value)}`);
  }

  #number(key: string): number {
    const value = this.#fields[key];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.#wrong(`${key} must be a number, not ${show(value)}`);
  }

  #has(key: string): boolean {
    return this.#fields[key] !== undefined;
  }

  #wrong(why: string): UserError {
    return new UserError(`parameter ${this.#name}: ${why}`, { exitCode: 2 });
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
