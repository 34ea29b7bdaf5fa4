// Places of labels beside what they name, in pixels, so that none lies over another.

// The height of a line of labels.
export const LINE_HEIGHT = 14;
// The size of the letters of all plots.
export const FONT_SIZE = 12;

// A point and what stands beside it.
export interface Labelled {
  x: number;
  y: number;
  label: string;
}

// Where a label begins (x) and its middle (y), in the order of the points.
export interface Place {
  x: number;
  y: number;
}

const DOT_GAP = 12;
const AVERAGE_CHARACTER = 0.62;
const ROUNDING = 1e-6;

// The width of a text, about.
export function textWidth(text: string): number {
  return text.length * FONT_SIZE * AVERAGE_CHARACTER;
}

// The nearest values that keep the order and stay that far apart (least squares), inside the limits
// as far as they fit.
export function spread(
  wanted: readonly number[],
  gap: number,
  [low, high]: readonly [number, number],
): number[] {
  const order = wanted.map((_, index) => index);
  order.sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const blocks: { sum: number; count: number }[] = [];
  for (const [rank, index] of order.entries()) {
    blocks.push({ sum: (wanted[index] ?? 0) - rank * gap, count: 1 });
    joinLast(blocks);
  }
  const base = blocks.flatMap(({ sum, count }) => Array<number>(count).fill(sum / count));
  const places: number[] = [];
  for (const [rank, index] of order.entries()) {
    const most = high - (order.length - 1) * gap;
    places[index] = Math.max(low, Math.min(most, base[rank] ?? 0)) + rank * gap;
  }
  return places;
}

// Blocks that would overlap become one, at their common mean.
function joinLast(blocks: { sum: number; count: number }[]): void {
  for (;;) {
    const [before, last] = blocks.slice(-2);
    if (!before || !last || before.sum / before.count <= last.sum / last.count) return;
    blocks.splice(-2, 2, { sum: before.sum + last.sum, count: before.count + last.count });
  }
}

// Labels to the right of points; points whose labels would run into each other share a column.
export function placeLabels(
  points: readonly Labelled[],
  limits: readonly [number, number],
): Place[] {
  let groups = points.map((point) => placeGroup([point], limits));
  for (let pair = overlapping(groups); pair; pair = overlapping(groups)) {
    const [one, other] = pair;
    const joined = placeGroup(
      [...one, ...other].map(({ point }) => point),
      limits,
    );
    groups = [...groups.filter((group) => group !== one && group !== other), joined];
  }
  const places = new Map(groups.flat().map(({ point, place }) => [point, place]));
  return points.map((point) => places.get(point) ?? point);
}

interface Placed {
  point: Labelled;
  place: Place;
}

function placeGroup(points: readonly Labelled[], limits: readonly [number, number]): Placed[] {
  const x = Math.max(...points.map((point) => point.x)) + DOT_GAP;
  const wanted = points.map(({ y }) => y);
  const ys = points.length > 1 ? spread(wanted, LINE_HEIGHT, limits) : wanted;
  return points.map((point, index) => ({ point, place: { x, y: ys[index] ?? point.y } }));
}

// The first two groups of which a label of one lies over a label or a dot of the other.
function overlapping(groups: readonly Placed[][]): [Placed[], Placed[]] | undefined {
  for (const one of groups) {
    const other = groups.find((each) => each !== one && one.some((a) => each.some(isOver(a))));
    if (other) return [one, other];
  }
  return undefined;
}

function isOver({ point: { label }, place }: Placed): (other: Placed) => boolean {
  const right = place.x + textWidth(label);
  const isNear = (y: number) => Math.abs(y - place.y) < LINE_HEIGHT - ROUNDING;
  return ({ point, place: its }) =>
    (isNear(its.y) && its.x < right && place.x < its.x + textWidth(point.label)) ||
    (isNear(point.y) && point.x - DOT_GAP / 2 < right && place.x < point.x + DOT_GAP / 2);
}
