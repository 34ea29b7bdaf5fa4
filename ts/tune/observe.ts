// Which of the outcomes a proposal is made from.
import { type Observation, scoresNeeded } from './bayes.ts';
import { rungsOf, type Scores, type SearchPlan, type Trial } from './trials.ts';

// With halving, those of the highest rung that has enough of them; where none has, of each trial
// that of its highest rung (as BOHB does: Falkner, Klein and Hutter, 2018). A trial that failed is
// among them in any case.
export function observe(plan: SearchPlan, trials: readonly Trial[], scores: Scores): Observation[] {
  const rungs = rungsOf(plan).map((_, rung) => rung);
  const needed = scoresNeeded(plan.space);
  const full = rungs.findLast((rung) => {
    return trials.filter((trial) => scores.of(trial, rung) !== undefined).length >= needed;
  });
  return trials.flatMap((trial) => {
    const { setting } = trial;
    const last = rungs.findLast((rung) => scores.has(trial, rung));
    if (last === undefined) return [];
    const failed = scores.of(trial, last) === undefined;
    if (failed || full === undefined) return [{ setting, score: scores.of(trial, last) }];
    const score = scores.of(trial, full);
    return score === undefined ? [] : [{ setting, score }];
  });
}
