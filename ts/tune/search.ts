// The search as a function of what is known. It plays all of the search again, from the plan and the
// outcomes, so that the next jobs depend neither on the number of workers nor on the order in which
// trials end. What one generation is depends only on the seed and the generations before.
import { UserError } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { type Observation, proposeSettings } from './bayes.ts';
import { drawDistinct } from './draws.ts';
import { checkCount, finiteSize, gridSettings, type Setting, settingKey } from './space.ts';
import { type Job, type Outcome, rungsOf, Scores, type SearchPlan, type Trial } from './trials.ts';

export type { Halving } from './halving.ts';
export type { Job, Outcome, SearchPlan, Trial } from './trials.ts';

// What is to be done next, and all trials that have begun.
export interface Next {
  // These may run side by side.
  readonly jobs: Job[];
  readonly over: boolean;
  readonly trials: Trial[];
}

// A trial and the outcome at the highest rung that it reached.
export interface Ranked extends Trial, Outcome {}

const DEFAULT_GENERATION = 4;

// The jobs of the current generation and rung that have no outcome yet.
export function nextJobs(plan: SearchPlan, outcomes: readonly Outcome[]): Next {
  checkPlan(plan);
  const scores = new Scores(plan, outcomes);
  const trials: Trial[] = [];
  for (let generation = 0; ; generation += 1) {
    const begun = nextGeneration(plan, generation, trials, scores);
    trials.push(...begun);
    const jobs = openJobs(plan, begun, scores);
    const over = begun.length === 0;
    if (over || jobs.length > 0) return { jobs, over, trials };
  }
}

// The trials that have an outcome, best first: by the highest rung, then the value, then the number;
// those whose last outcome is a failure come last.
export function ranking(plan: SearchPlan, outcomes: readonly Outcome[]): Ranked[] {
  const scores = new Scores(plan, outcomes);
  const rungs = rungsOf(plan).map((_, rung) => rung);
  const ranked = nextJobs(plan, outcomes).trials.flatMap((trial) => {
    const rung = rungs.findLast((each) => scores.has(trial, each));
    if (rung === undefined) return [];
    return [{ ...trial, rung, score: scores.of(trial, rung) }];
  });
  ranked.sort((a, b) => {
    if (a.score === undefined || b.score === undefined) {
      return Number(a.score === undefined) - Number(b.score === undefined) || a.trial - b.trial;
    }
    return b.rung - a.rung || a.score - b.score || a.trial - b.trial;
  });
  const sign = plan.goal === 'minimize' ? 1 : -1;
  return ranked.map(({ score, ...rest }) => ({
    ...rest,
    value: score === undefined ? score : sign * score,
  }));
}

// Refuses a search that would have no end.
function checkPlan({ method, space, runCap }: SearchPlan): void {
  if (method === 'grid') return;
  const count = Math.min(runCap ?? Number.POSITIVE_INFINITY, finiteSize(space));
  if (!Number.isFinite(count)) {
    throw new UserError(
      `method ${method} needs run_cap, since a range has endlessly many values; give run_cap, such as 30`,
      { exitCode: 2 },
    );
  }
  checkCount(count);
}

// The trials that begin together; none where the search is over.
function nextGeneration(
  plan: SearchPlan,
  generation: number,
  before: readonly Trial[],
  scores: Scores,
): Trial[] {
  const left = (plan.runCap ?? Number.POSITIVE_INFINITY) - before.length;
  if (left <= 0 || (plan.method !== 'bayes' && generation > 0)) return [];
  const settings = settingsOf(plan, left, generation, before, scores);
  return settings.map((setting, index) => ({ trial: before.length + index, setting }));
}

function settingsOf(
  plan: SearchPlan,
  left: number,
  generation: number,
  before: readonly Trial[],
  scores: Scores,
): Setting[] {
  const { method, space, seed } = plan;
  if (method === 'grid') return gridSettings(space, left);
  const random = seededRandom(seedOf(seed, generation));
  if (method === 'random') {
    const all = Math.min(left, finiteSize(space));
    return remembered(plan, 'all', () => drawDistinct(space, all, random));
  }
  const count = Math.min(left, generationSize(plan));
  const observations = observe(plan, before, scores);
  const tried = new Set(before.map(({ setting }) => settingKey(space, setting)));
  return remembered(plan, JSON.stringify([generation, [...tried], observations]), () =>
    proposeSettings(space, observations, tried, count, random),
  );
}

// All that is known, in the order of the trials.
function observe(plan: SearchPlan, trials: readonly Trial[], scores: Scores): Observation[] {
  const last = rungsOf(plan).length - 1;
  return trials.flatMap((trial) =>
    rungsOf(plan).flatMap((_, rung) => {
      if (!scores.has(trial, rung)) return [];
      const height = last > 0 ? rung / last : 1;
      return [{ setting: trial.setting, height, score: scores.of(trial, rung) }];
    }),
  );
}

// What was drawn and proposed for each plan, by all that it depends on, so that playing the search
// again takes no time.
const proposals = new WeakMap<SearchPlan, Map<string, Setting[]>>();

function remembered(plan: SearchPlan, key: string, propose: () => Setting[]): Setting[] {
  const own = proposals.get(plan) ?? new Map<string, Setting[]>();
  proposals.set(plan, own);
  const settings = own.get(key) ?? propose();
  own.set(key, settings);
  return settings;
}

// With halving as many as leave one at the end.
function generationSize({ halving, generation = DEFAULT_GENERATION }: SearchPlan): number {
  return halving ? Math.ceil(halving.eta ** (halving.rungs.length - 1)) : generation;
}

// Each generation has a stream of its own.
function seedOf(seed: number, generation: number): number {
  return Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(generation + 1, 0x85ebca6b);
}

// The jobs of the first rung that is not through.
function openJobs(plan: SearchPlan, begun: readonly Trial[], scores: Scores): Job[] {
  let going = begun;
  for (const [rung, part] of rungsOf(plan).entries()) {
    const open = going.filter((trial) => !scores.has(trial, rung));
    if (open.length > 0) return open.map((trial) => ({ ...trial, rung, part }));
    going = survivors(plan, going, rung, scores);
  }
  return [];
}

// The trials that go on from a rung.
function survivors(
  { halving }: SearchPlan,
  going: readonly Trial[],
  rung: number,
  scores: Scores,
): Trial[] {
  const count = Math.max(1, Math.floor(going.length / (halving?.eta ?? 1)));
  const scored = going.flatMap((trial) => {
    const score = scores.of(trial, rung);
    return score === undefined ? [] : [{ trial, score }];
  });
  scored.sort((a, b) => a.score - b.score || a.trial.trial - b.trial.trial);
  return scored.slice(0, count).map(({ trial }) => trial);
}
