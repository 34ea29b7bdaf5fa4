// A Gaussian process: from values at some points, what to expect at others and how sure that is.
//
// Matern 5/2 kernel, a length for each coordinate. Lengths and noise are those under which the
// values are most likely, among a few; the amplitude has a closed form. Values are standardised.
// After Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, algorithm 2.1.

// A place in the unit cube.
export type Point = readonly number[];

type Row = Float64Array<ArrayBuffer>;

// What is known of a point that was not tried.
export class Belief {
  readonly mean: number;
  readonly #kernel: Kernel;
  readonly #point: Point;
  // The row that the point would have in the Cholesky factor, of a process with variance 1, and what
  // assumptions add to it.
  readonly #row: Row;
  readonly #assumed: number[] = [];
  readonly #unit: number;
  #left: number;

  constructor(kernel: Kernel, point: Point, row: Row, mean: number, unit: number) {
    this.mean = mean;
    this.#kernel = kernel;
    this.#point = point;
    this.#row = row;
    this.#unit = unit;
    this.#left = 1 - dot(row, row, row.length);
  }

  // How unsure the value is.
  get variance(): number {
    return this.#unit * Math.max(0, this.#left);
  }

  // Takes the mean for the value: no mean of others changes, but all are surer, and most of all the
  // near ones. The others, and this one among them, have been told the same until now.
  assume(beliefs: readonly Belief[]): void {
    const { lengths, noise } = this.#kernel;
    const own = Math.sqrt(Math.max(0, this.#left) + noise);
    const assumed = [...this.#assumed];
    for (const belief of beliefs) {
      const prior = matern(belief.#point, this.#point, lengths);
      const known = assumed.reduce((sum, each, at) => sum + each * (belief.#assumed[at] ?? 0), 0);
      const entry = (prior - dot(belief.#row, this.#row, this.#row.length) - known) / own;
      belief.#assumed.push(entry);
      belief.#left -= entry ** 2;
    }
  }
}

interface Kernel {
  readonly lengths: readonly number[];
  readonly noise: number;
}

interface Fit {
  readonly kernel: Kernel;
  readonly rows: readonly Row[];
  readonly solved: Row;
  readonly amplitude: number;
  readonly likelihood: number;
}

const LENGTHS = [0.1, 0.2, 0.4, 0.8, 1.6, 6.4];
const NOISES = [1e-6, 1e-3, 1e-2, 1e-1];
// What rounding may leave of a square.
const LEAST = 1e-12;

// The process that makes these values most likely.
export class GaussianProcess {
  readonly #points: readonly Point[];
  readonly #fit: Fit;
  readonly #centre: number;
  readonly #spread: number;

  constructor(points: readonly Point[], values: readonly number[]) {
    this.#points = points;
    this.#centre = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - this.#centre) ** 2, 0);
    this.#spread = Math.sqrt(squares / values.length) || 1;
    const standard = values.map((value) => (value - this.#centre) / this.#spread);
    this.#fit = likeliest(points, standard);
  }

  // What to expect at a point, in the unit of the values.
  believe(point: Point): Belief {
    const { kernel, rows, solved, amplitude } = this.#fit;
    const count = this.#points.length;
    const row = maternRow(point, this.#points, kernel.lengths, count);
    solveInPlace(rows, row, count);
    const mean = this.#centre + this.#spread * dot(row, solved, count);
    return new Belief(kernel, point, row, mean, this.#spread ** 2 * amplitude);
  }
}

// First one length for all coordinates, then each coordinate's own.
function likeliest(points: readonly Point[], values: readonly number[]): Fit {
  const size = points[0]?.length ?? 0;
  const tryAll = (kernels: readonly Kernel[], first?: Fit) =>
    kernels.reduce<Fit | undefined>((best, kernel) => {
      const next = fitKernel(points, values, kernel);
      return best && best.likelihood >= next.likelihood ? best : next;
    }, first);
  const even = LENGTHS.map((length) => Array.from({ length: size }, () => length));
  let best = tryAll(even.flatMap((lengths) => NOISES.map((noise) => ({ lengths, noise }))));
  for (let at = 0; best && at < size; at += 1) {
    const { lengths, noise } = best.kernel;
    const others = LENGTHS.filter((length) => length !== lengths[at]);
    best = tryAll(
      others.map((length) => ({ lengths: lengths.with(at, length), noise })),
      best,
    );
  }
  if (!best) throw new RangeError('no kernel');
  return best;
}

function fitKernel(points: readonly Point[], values: readonly number[], kernel: Kernel): Fit {
  const { lengths, noise } = kernel;
  const rows: Row[] = [];
  let logarithms = 0;
  for (const [index, point] of points.entries()) {
    const row = maternRow(point, points, lengths, index + 1);
    solveInPlace(rows, row, index);
    const pivot = Math.sqrt(Math.max(LEAST, 1 + noise - dot(row, row, index)));
    logarithms += Math.log(pivot);
    row[index] = pivot;
    rows.push(row);
  }
  const count = values.length;
  const solved = Float64Array.from(values);
  solveInPlace(rows, solved, count);
  const amplitude = Math.max(LEAST, dot(solved, solved, count) / count);
  const likelihood = -(count / 2) * Math.log(amplitude) - logarithms;
  return { kernel, rows, solved, amplitude, likelihood };
}

// Solves L x = values for the lower triangle that these rows are, of which the first `count` count.
function solveInPlace(rows: readonly Row[], values: Row, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const row = rows[index] ?? values;
    values[index] = ((values[index] ?? 0) - dot(row, values, index)) / (row[index] ?? 1);
  }
}

function dot(a: Row, b: Row, count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}

function maternRow(
  point: Point,
  points: readonly Point[],
  lengths: readonly number[],
  size: number,
): Row {
  const row = new Float64Array(size);
  for (let index = 0; index < size; index += 1) {
    row[index] = matern(point, points[index] ?? point, lengths);
  }
  return row;
}

// How much two points say of each other: 1 where they are the same, and less the farther they are.
export function matern(a: Point, b: Point, lengths: readonly number[]): number {
  let square = 0;
  for (let at = 0; at < lengths.length; at += 1) {
    const apart = ((a[at] ?? 0) - (b[at] ?? 0)) / (lengths[at] ?? 1);
    square += apart * apart;
  }
  const distance = Math.sqrt(5 * square);
  return (1 + distance + (distance * distance) / 3) * Math.exp(-distance);
}
