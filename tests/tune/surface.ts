// Trainings that are a formula, so that a whole grid of them takes no time, and a search that runs
// them: as many at a time as there are workers, ending in an order of their own.
import { seededRandom } from '../../ts/support/random.ts';
import { nextJobs } from '../../ts/tune/search.ts';
import { gridSettings, type Setting, type Space } from '../../ts/tune/space.ts';
import { type Job, type Outcome, rungsOf, type SearchPlan } from '../../ts/tune/trials.ts';

// 8 rates, 3 optimizers, 4 depths, 3 lengths of a warm-up of little influence: 288 settings.
export const surfaceSpace: Space = [
  {
    name: 'lr',
    distribution: {
      kind: 'categorical',
      values: [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064],
    },
  },
  { name: 'optimizer', distribution: { kind: 'categorical', values: ['sgd', 'adam', 'muon'] } },
  { name: 'layers', distribution: { kind: 'int_uniform', min: 1, max: 4 } },
  { name: 'warmup', distribution: { kind: 'categorical', values: [0, 10, 20] } },
];

// The same with ranges: endlessly many settings.
export const endlessSpace: Space = surfaceSpace.map((parameter) =>
  parameter.name === 'lr'
    ? { name: 'lr', distribution: { kind: 'log_uniform_values', min: 0.0005, max: 0.064 } }
    : parameter,
);

const OPTIMIZERS = {
  sgd: { loss: 0.3, lr: 0.02 },
  adam: { loss: 0.06, lr: 0.003 },
  muon: { loss: 0, lr: 0.0075 },
};

// The loss at the end of the part of a training. The best rate depends on the optimizer, and is
// lower for deeper models. Shorter trainings are worse, most of all with low rates, so that they
// seem to want a higher one.
export function loss({ lr, optimizer, layers, warmup }: Setting, part = 1): number {
  const best = OPTIMIZERS[optimizer as keyof typeof OPTIMIZERS];
  const depth = Number(layers);
  const off = Math.log2(Number(lr) / best.lr) + 0.15 * (depth - 3);
  const rate = 0.12 * Math.min(off ** 2, 3 + Math.abs(off));
  const final = 2 + best.loss + rate + 0.05 * (depth - 3) ** 2 + 0.0002 * Number(warmup);
  const behind = 0.9 + 0.25 * Math.max(0, Math.log2(0.032 / Number(lr)));
  return final + behind * (1 - part);
}

// Noise of this width that depends only on the setting and the part.
export function noisyLoss(width: number): typeof loss {
  return (setting, part = 1) => {
    const text = JSON.stringify([setting, part]);
    let hash = 0;
    for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    return loss(setting, part) + width * (2 * seededRandom(hash)() - 1);
  };
}

// The least loss of all settings of a grid.
export function bestOf(space: Space, lossOf = loss): number {
  return Math.min(...gridSettings(space).map((setting) => lossOf(setting)));
}

// A search that was run to its end, and what it took: the sum of all parts.
export interface Searched {
  outcomes: Outcome[];
  trials: { trial: number; setting: Setting }[];
  cost: number;
}

// Runs a search to its end, or until it tries a setting that is enough. Of the jobs that run side by
// side, a random one ends next.
export function runSearch(
  plan: SearchPlan,
  outcomeOf: (job: Job) => number | undefined,
  { workers = Number.POSITIVE_INFINITY, order = 1, enough = (_: Setting): boolean => false } = {},
): Searched {
  const random = seededRandom(order);
  const outcomes: Outcome[] = [];
  let [running, cost]: [Job[], number] = [[], 0];
  for (;;) {
    const next = nextJobs(plan, outcomes);
    const isEnough = next.trials.some(({ setting }) => enough(setting));
    if (next.over || isEnough) return { outcomes, trials: next.trials, cost };
    const isRunning = (job: Job) =>
      running.some((each) => each.trial === job.trial && each.rung === job.rung);
    const free = next.jobs.filter((job) => !isRunning(job));
    running.push(...free.slice(0, Math.max(0, workers - running.length)));
    // With workers for all, all end before anything is asked again.
    const ended = workers === Number.POSITIVE_INFINITY ? running.length : 1;
    for (let count = 0; count < ended; count += 1) {
      const [job] = running.splice(Math.floor(random() * running.length), 1);
      if (!job) throw new Error('nothing runs, and the search is not over');
      cost += job.part;
      outcomes.push({ trial: job.trial, rung: job.rung, value: outcomeOf(job) });
    }
    running = [...running];
  }
}

// The least loss at the end, without noise, of the trials that were trained to their end.
export function found(plan: SearchPlan, { outcomes, trials }: Searched): number {
  const last = rungsOf(plan).length - 1;
  const ended = new Set(outcomes.filter(({ rung }) => rung === last).map(({ trial }) => trial));
  const settings = trials.filter(({ trial }) => ended.has(trial));
  return Math.min(...settings.map(({ setting }) => loss(setting)));
}
