// What a search can choose: the parameters, and a setting, which gives each of them a value.
import { UserError } from '../support/errors.ts';
import {
  choiceAt,
  choiceCount,
  coordinatesOf,
  type Distribution,
  neighboursOf,
  type Value,
  valueAtShare,
} from './distribution.ts';

export type { Distribution, Value } from './distribution.ts';

// A value for each parameter, by name.
export type Setting = Readonly<Record<string, Value>>;

// A parameter, and what it can be.
export interface Parameter {
  readonly name: string;
  readonly distribution: Distribution;
}

// All parameters, in the order in which a grid counts through them.
export type Space = readonly Parameter[];

// More settings than this are not listed at once.
const MOST_SETTINGS = 100_000;

// One setting, each parameter by itself.
export function drawSetting(space: Space, random: () => number): Setting {
  return settingOf(space, ({ distribution }) => valueAtShare(distribution, random()));
}

// The settings of a grid, or the first of them; the last parameter changes fastest.
export function gridSettings(space: Space, most = Number.POSITIVE_INFINITY): Setting[] {
  for (const { name, distribution } of space) {
    if (Number.isFinite(choiceCount(distribution))) continue;
    throw new UserError(
      `parameter ${name}: grid needs \`values\`, and ${distribution.kind} has endlessly many; list \`values\`, or use q_uniform or method: random`,
      { exitCode: 2 },
    );
  }
  const count = Math.min(finiteSize(space), most);
  checkCount(count);
  return Array.from({ length: count }, (_, index) => settingAt(space, index));
}

// Refuses what no machine could try.
export function checkCount(count: number): void {
  if (count <= MOST_SETTINGS) return;
  const most = MOST_SETTINGS.toLocaleString('en');
  throw new UserError(
    `the sweep has ${count.toLocaleString('en')} settings; give run_cap, at most ${most}, or fewer values`,
    { exitCode: 2 },
  );
}

// How many settings there are; Infinity where a parameter has a range without steps.
export function finiteSize(space: Space): number {
  return space.reduce((product, { distribution }) => product * choiceCount(distribution), 1);
}

// The place of a setting in the unit cube; constants have no part in it.
export function coordinates(space: Space, setting: Setting): number[] {
  return space.flatMap(({ name, distribution }) =>
    coordinatesOf(distribution, valueIn(setting, name)),
  );
}

// How many coordinates each setting of the space has.
export function coordinateCount(space: Space): number {
  return coordinates(
    space,
    drawSetting(space, () => 0),
  ).length;
}

// A setting in words: two that are the same have the same.
export function settingKey(space: Space, setting: Setting): string {
  return JSON.stringify(space.map(({ name }) => setting[name]));
}

// A setting near another: each parameter has a neighbour of its value, or the value itself.
export function drawNear(space: Space, setting: Setting, random: () => number): Setting {
  const moved = Math.floor(random() * space.length);
  return settingOf(space, ({ name, distribution }, index) => {
    const value = valueIn(setting, name);
    if (index !== moved && random() < 0.5) return value;
    const beside = neighboursOf(distribution, value, random);
    return beside[Math.floor(random() * beside.length)] ?? value;
  });
}

function settingAt(space: Space, index: number): Setting {
  let rest = index;
  const values = space.toReversed().map(({ name, distribution }) => {
    const count = choiceCount(distribution);
    const value = choiceAt(distribution, rest % count);
    rest = Math.floor(rest / count);
    return [name, value] as const;
  });
  return Object.fromEntries(values.reverse());
}

function settingOf(space: Space, value: (each: Parameter, index: number) => Value): Setting {
  return Object.fromEntries(space.map((each, index) => [each.name, value(each, index)]));
}

function valueIn(setting: Setting, name: string): Value {
  const value = setting[name];
  if (value === undefined) throw new RangeError(`the setting has no ${name}`);
  return value;
}
