// The part of a report that runs in the emulated laptops. Instructions are counted, not timed, so
// two boots go on at once.
import { readFile } from 'node:fs/promises';
import pMap from 'p-map';
import { type Evidence, TEXT } from '../parity/scenario.ts';
import type { BuiltRunner } from '../runs/job.ts';
import type { Runner } from '../runs/runners.ts';
import { formatSeconds } from '../support/progress.ts';
import { phaseCount, phasePairs, scalingPairs, scalingPoints } from './counts.ts';
import type { PhaseCount, RunnerResult, ScalingPoint } from './data.ts';
import { boots, countPairs, countScenario } from './laptop.ts';
import { comparedResult, laptopResult, skippedResult } from './results.ts';
import { COUNTING_RUNNER, SCALING_AXES, SCALING_BYTES } from './scenario.ts';
import { attempt, builtFor, type Session, shapeArgs } from './session.ts';

// What was measured in the laptops.
export interface LaptopPart {
  results: RunnerResult[];
  phases: PhaseCount[];
  scaling: ScalingPoint[];
}

// How many boots go on at once: each keeps one core busy.
const AT_ONCE = 2;

// One boot of a laptop.
interface Boot {
  what: string;
  run: () => Promise<void>;
}

// Boots each laptop with the scenario, and one of them with the phases and the shapes.
export async function measureLaptops(session: Session, reference: Evidence): Promise<LaptopPart> {
  const part: LaptopPart = { results: [], phases: [], scaling: [] };
  const runners = session.runners.filter(({ machine }) => machine !== undefined);
  const counting = runners.find(({ name }) => name === COUNTING_RUNNER);
  const work = runners.map((runner) => scenarioBoot(session, runner, reference, part));
  if (counting) {
    const laptop = builtFor(session, counting);
    work.push(...phaseBoots(session, laptop, part));
    work.push(...(await scalingBoots(session, laptop, part)));
  }
  await carryOut(session, work);
  return sorted(part, runners);
}

function scenarioBoot(
  session: Session,
  runner: Runner,
  reference: Evidence,
  { results }: LaptopPart,
): Boot {
  const run = async () => {
    const result = await countScenario(builtFor(session, runner), session.settings);
    const row = laptopResult(runner, result, session.settings);
    results.push(comparedResult(row, reference));
  };
  return { what: runner.name, run };
}

function phaseBoots(session: Session, laptop: BuiltRunner, { phases }: LaptopPart): Boot[] {
  return boots(phasePairs(shapeArgs(session.settings))).map((pairs, index, { length }) => ({
    what: `phases ${index + 1}/${length}`,
    run: async () => {
      const runs = await countPairs(laptop, pairs);
      phases.push(...runs.map(phaseCount).filter((count) => count !== undefined));
    },
  }));
}

async function scalingBoots(
  session: Session,
  laptop: BuiltRunner,
  { scaling }: LaptopPart,
): Promise<Boot[]> {
  const text = firstLines(await readFile(session.settings.text), SCALING_BYTES);
  return boots(scalingPairs()).map((pairs, index, { length }) => ({
    what: `scaling ${index + 1}/${length}`,
    run: async () => {
      const runs = await countPairs(laptop, pairs, { [TEXT]: text });
      scaling.push(...runs.flatMap(scalingPoints));
    },
  }));
}

// Whole lines, so that no character is cut; of a text without lines all there is room for.
export function firstLines(text: Buffer, most: number): Buffer {
  if (text.length <= most) return text;
  const end = text.lastIndexOf('\n', most - 1);
  return text.subarray(0, end < 0 ? most : end + 1);
}

async function carryOut(session: Session, work: readonly Boot[]): Promise<void> {
  const { progress } = session;
  const started = performance.now();
  let done = 0;
  const one = async ({ what, run }: Boot) => {
    await attempt(session, what, run);
    done += 1;
    const seconds = formatSeconds((performance.now() - started) / 1000);
    const text = `laptops: ${done} of ${work.length} boots done, ${what} in ${seconds} (host)`;
    progress.update(text, text);
  };
  await pMap(work, one, { concurrency: AT_ONCE });
}

// Boots end in any order; the report has its own. A laptop without a result has failed.
function sorted(part: LaptopPart, runners: readonly Runner[]): LaptopPart {
  const axes = SCALING_AXES.map(({ name }) => name);
  const forms = phasePairs([]).map(({ what }) => `${what.phase} ${what.form}`);
  const place = ({ phase, form }: PhaseCount) => forms.indexOf(`${phase} ${form}`);
  return {
    results: runners.map((runner) => {
      const result = part.results.find((each) => each.runner === runner.name);
      return result ?? skippedResult(runner, 'it failed');
    }),
    phases: part.phases.sort((a, b) => place(a) - place(b)),
    scaling: part.scaling.sort(
      (a, b) => axes.indexOf(a.axis) - axes.indexOf(b.axis) || a.size - b.size,
    ),
  };
}
