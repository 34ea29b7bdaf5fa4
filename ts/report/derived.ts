// What the pages show of the raw numbers: ratios to the plain host build, work for each token.
import type { ReportData, RunnerResult, TimedRuns } from './data.ts';
import { REFERENCE_FORM } from './scenario.ts';
import { exponent, median, type Spread, scaled, spreadOf } from './stats.ts';

// Seconds of a part of a timed run without the start of the program.
export function netSeconds(timed: TimedRuns, part: 'train' | 'generate'): Spread {
  const startup = median(timed.startup);
  return spreadOf(timed[part].map((seconds) => Math.max(0, seconds - startup)));
}

// The same beside the first runner that was timed.
export function timeRatio(
  data: ReportData,
  { timed }: RunnerResult,
  part: 'train' | 'generate',
): Spread | undefined {
  const reference = data.runners.find((row) => row.timed !== null)?.timed;
  if (!timed || !reference) return undefined;
  return scaled(netSeconds(timed, part), netSeconds(reference, part).median);
}

// Guest instructions a trained token, without the start: two lengths, their difference.
export function perTrainedToken({ counted }: RunnerResult): number | undefined {
  return counted ? slope(counted.train, counted.trainTokens) : undefined;
}

// Guest instructions a generated token.
export function perGeneratedToken({ counted }: RunnerResult): number | undefined {
  return counted ? slope(counted.generate, counted.generateTokens) : undefined;
}

// Guest instructions before the first trained token.
export function startInstructions(row: RunnerResult): number | undefined {
  const per = perTrainedToken(row);
  const { counted } = row;
  if (per === undefined || !counted) return undefined;
  return counted.train[0] - per * counted.trainTokens[0];
}

function slope(counts: [number, number], tokens: [number, number]): number | undefined {
  const more = tokens[0] - tokens[1];
  return more > 0 ? (counts[0] - counts[1]) / more : undefined;
}

// Instructions of a phase in a form, for each of its units.
export function phasePerUnit({ phases }: ReportData, phase: string, form: string) {
  const row = phases.find((each) => each.phase === phase && each.form === form);
  return row && row.units > 0 ? row.instructions / row.units : undefined;
}

// The same beside the reference form of that phase.
export function phaseRatio(data: ReportData, phase: string, form: string): number | undefined {
  const own = phasePerUnit(data, phase, form);
  const reference = phasePerUnit(data, phase, REFERENCE_FORM);
  return own === undefined || reference === undefined ? undefined : own / reference;
}

// The growth from the point before on the same axis; none for the first.
export function growth({ scaling }: ReportData, index: number): number | undefined {
  const [before, point] = [scaling[index - 1], scaling[index]];
  if (!before || !point || before.axis !== point.axis) return undefined;
  return exponent([before.size, before.instructions], [point.size, point.instructions]);
}
