// Proposals from what is known: the settings that promise most, by a Gaussian process.
//
// Where trials are halved, the height of a score is one more coordinate, so that the early scores of
// many trials say something of the last ones, of which there are few (as in BOCA: Kandasamy et al.,
// 2017). The settings of a generation are chosen one after the other, each as though the ones before
// had ended as expected (kriging believer: Ginsbourger, Le Riche and Carraro, 2010).
import { drawDistinct } from './draws.ts';
import { expectedImprovement } from './expected_improvement.ts';
import { type Belief, GaussianProcess } from './gaussian_process.ts';
import {
  coordinateCount,
  coordinates,
  drawNear,
  finiteSize,
  gridSettings,
  type Setting,
  type Space,
  settingKey,
} from './space.ts';

// What is known of a setting: its score, of which smaller ones are better, or that it failed; and at
// which height, from 0 for the first rung of a halving to 1 for the last and where there is none.
export interface Observation {
  readonly setting: Setting;
  readonly height: number;
  readonly score: number | undefined;
}

// With fewer scores than the coordinates and these, settings are drawn.
const MORE_THAN_COORDINATES = 2;
const DRAWN = 1000;
const BEST = 3;
const NEAR_EACH = 100;
// All settings that are left are looked at where there are no more than these.
const MOST_LOOKED_AT = 2000;
// More observations cost more time than they are worth: the best and the newest, half of each.
const MOST_OBSERVATIONS = 200;
// Scores are cut off that are so many times as far above the median as the best is below.
const FAR = 3;

// How many scores it takes until settings are proposed, and not drawn.
export function scoresNeeded(space: Space): number {
  return coordinateCount(space) + MORE_THAN_COORDINATES;
}

// The next settings to try, none of which is among the keys of those tried: fewer than `count`
// where no more are left.
export function proposeSettings(
  space: Space,
  observations: readonly Observation[],
  tried: ReadonlySet<string>,
  count: number,
  random: () => number,
): Setting[] {
  const scored = observations.filter(({ score }) => score !== undefined);
  if (scored.length < scoresNeeded(space)) return drawDistinct(space, count, random, tried);
  const believe = modelOf(space, mostUseful(observations));
  const known = distinctSettings(space, scored)
    .map((setting) => ({ setting, mean: believe(setting).mean }))
    .sort((a, b) => a.mean - b.mean);
  const centres = known.slice(0, BEST).map(({ setting }) => setting);
  const settings = candidates(space, centres, tried, random);
  const beliefs = settings.map((setting) => believe(setting));
  const chosen = choose(beliefs, known[0]?.mean ?? 0, count);
  return chosen.map((index) => settings[index]).filter((setting) => setting !== undefined);
}

function distinctSettings(space: Space, observations: readonly Observation[]): Setting[] {
  const byKey = observations.map(({ setting }) => [settingKey(space, setting), setting] as const);
  return [...new Map(byKey).values()];
}

// What the observations say of the last score of any setting.
function modelOf(space: Space, observations: readonly Observation[]): (setting: Setting) => Belief {
  const halved = observations.some(({ height }) => height !== 1);
  const place = (setting: Setting, height: number) => [
    ...coordinates(space, setting),
    ...(halved ? [height] : []),
  ];
  const process = new GaussianProcess(
    observations.map(({ setting, height }) => place(setting, height)),
    tamed(observations.map(({ score }) => score)),
  );
  return (setting) => process.believe(place(setting, 1));
}

// What may be proposed: all that is left of a small space; otherwise settings drawn everywhere and
// near the best.
function candidates(
  space: Space,
  centres: readonly Setting[],
  tried: ReadonlySet<string>,
  random: () => number,
): Setting[] {
  if (finiteSize(space) <= MOST_LOOKED_AT) {
    return gridSettings(space).filter((setting) => !tried.has(settingKey(space, setting)));
  }
  const settings = drawDistinct(space, DRAWN, random, tried);
  const known = new Set([...tried, ...settings.map((setting) => settingKey(space, setting))]);
  for (const centre of centres.flatMap((each) => Array.from({ length: NEAR_EACH }, () => each))) {
    const setting = drawNear(space, centre, random);
    const key = settingKey(space, setting);
    if (!known.has(key)) settings.push(setting);
    known.add(key);
  }
  return settings;
}

// The indices of the beliefs that promise most, one after the other.
function choose(beliefs: readonly Belief[], least: number, count: number): number[] {
  const chosen: number[] = [];
  let best = least;
  while (chosen.length < Math.min(count, beliefs.length)) {
    let [at, most] = [-1, -1];
    for (const [index, { mean, variance }] of beliefs.entries()) {
      const promise = expectedImprovement(best, mean, variance);
      if (promise > most && !chosen.includes(index)) [at, most] = [index, promise];
    }
    const belief = beliefs[at];
    if (!belief) break;
    chosen.push(at);
    best = Math.min(best, belief.mean);
    belief.assume(beliefs);
  }
  return chosen;
}

function mostUseful(observations: readonly Observation[]): readonly Observation[] {
  if (observations.length <= MOST_OBSERVATIONS) return observations;
  const half = MOST_OBSERVATIONS / 2;
  const rank = ({ score }: Observation) => score ?? Number.MAX_VALUE;
  const older = observations.slice(0, -half).sort((a, b) => rank(a) - rank(b));
  return [...older.slice(0, half), ...observations.slice(-half)];
}

// Scores that say where it is bad and hide nothing of where it is good: a failure is as bad as the
// worst score, and no score is much worse than most.
function tamed(scores: readonly (number | undefined)[]): number[] {
  const known = scores.filter((score) => score !== undefined).sort((a, b) => a - b);
  const best = known[0] ?? 0;
  const median = known[Math.floor(known.length / 2)] ?? best;
  const most = Math.min(known.at(-1) ?? best, median + FAR * (median - best));
  return scores.map((score) => Math.min(score ?? most, most));
}
