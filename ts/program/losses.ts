// The loss of every step, as --log has it: reading, joining, and what is drawn and printed of it.
import { parseObject } from '../support/json.ts';

// The loss of one step, or of some steps up to it.
export interface LossPoint {
  step: number;
  loss: number;
}

const DRAWN_POINTS = 60;

// The points of a log; other lines are passed over.
export function parseLog(text: string): LossPoint[] {
  return text.split('\n').flatMap((line) => {
    const { step, loss } = parseObject(line) ?? {};
    return typeof step === 'number' && loss !== undefined ? [{ step, loss: Number(loss) }] : [];
  });
}

// A log that parseLog reads.
export function logText(points: readonly LossPoint[]): string {
  return points.map(({ step, loss }) => `{"step":${step},"loss":"${loss}"}\n`).join('');
}

// Means over as many steps as make a line of at most that many points.
export function smoothed(points: readonly LossPoint[], most = DRAWN_POINTS): LossPoint[] {
  const width = Math.ceil(points.length / most);
  const groups = Array.from({ length: Math.ceil(points.length / width) || 0 }, (_, index) =>
    points.slice(index * width, (index + 1) * width),
  );
  return groups.map((group) => ({ step: group.at(-1)?.step ?? 0, loss: mean(group) }));
}

// The mean loss of the last tenth of the steps; nothing where the log has none of them.
export function lastTenth(points: readonly LossPoint[], steps: number): number | undefined {
  const last = points.filter(({ step }) => step > steps - Math.ceil(steps / 10));
  return last.length > 0 ? mean(last) : undefined;
}

function mean(points: readonly LossPoint[]): number {
  return points.reduce((sum, { loss }) => sum + loss, 0) / points.length;
}
