// What the pages show of the raw numbers: ratios to the plain host build, work for each token.
import type { ModelledWork, PhaseCount, ReportData, RunnerResult, TimedRuns } from './data.ts';
import { REFERENCE_FORM, STEP_PARTS } from './scenario.ts';
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

// Instructions of a phase in a form for each token: of a step, of a sequence, or generated. What
// has no tokens of its own (the update) comes once a step.
export function phasePerToken(data: ReportData, phase: string, form: string): number | undefined {
  const row = findPhase(data, phase, form);
  if (!row) return undefined;
  const tokens = row.unit === 'token' ? row.units : findPhase(data, 'step', form)?.units;
  return tokens ? row.instructions / tokens : undefined;
}

// The same beside the reference form of that phase.
export function phaseRatio(data: ReportData, phase: string, form: string): number | undefined {
  const own = phasePerToken(data, phase, form);
  const reference = phasePerToken(data, phase, REFERENCE_FORM);
  return own === undefined || reference === undefined ? undefined : own / reference;
}

// A phase without products has no SSE form of its own in fp32: it is the one in C.
function findPhase({ phases }: ReportData, phase: string, form: string): PhaseCount | undefined {
  const find = (wanted: string) =>
    phases.find((each) => each.phase === phase && each.form === wanted);
  return find(form) ?? (form === 'fp32-sse' ? find('fp32') : undefined);
}

// What a step does beside its parts: drawing sequences, adding up gradients.
export function restPerToken(data: ReportData, form: string): number | undefined {
  const step = phasePerToken(data, 'step', form);
  const parts = STEP_PARTS.map((part) => phasePerToken(data, part, form));
  if (step === undefined || parts.includes(undefined)) return undefined;
  return step - parts.reduce((sum: number, part) => sum + (part ?? 0), 0);
}

// How many tokens a second the modelled cycles would be, without and with misses.
export function tokensPerSecond({ clock, tokens, total }: ModelledWork) {
  const speed = (cycles: number) => (clock * tokens) / cycles;
  return { core: speed(total.core), withMisses: speed(total.withMisses) };
}

// The growth from the point before on the same axis; none for the first.
export function growth({ scaling }: ReportData, index: number): number | undefined {
  const [before, point] = [scaling[index - 1], scaling[index]];
  if (!before || !point || before.axis !== point.axis) return undefined;
  return exponent([before.size, before.instructions], [point.size, point.instructions]);
}
