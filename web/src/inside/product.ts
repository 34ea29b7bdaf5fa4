// One product of a matrix of trits by a vector of int8, in the two ways that can be: by multiplying,
// and by tables of the sums of five inputs, as packed_product of c/src/math/math_ops.c does it when
// a model writes. Each counts what it does.
import type { Matrix } from '../../../ts/engine/engine.ts';

export interface Work {
  result: Int32Array;
  multiplications: number;
  additions: number;
  lookUps: number;
}

const IN_A_BYTE = 5;

// An input that takes all kinds of values.
export function exampleInput(columns: number): Int8Array {
  return Int8Array.from({ length: columns }, (_, i) => ((i * 37) % 255) - 127);
}

// y[r] = sum over c of code[r,c] x[c].
export function byMultiplying({ rows, columns, codes }: Matrix, x: Int8Array): Work {
  const work = { result: new Int32Array(rows), multiplications: 0, additions: 0, lookUps: 0 };
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      sum += (codes[r * columns + c] ?? 0) * (x[c] ?? 0);
      work.multiplications++;
      work.additions++;
    }
    work.result[r] = sum;
  }
  return work;
}

// The same, five columns at a time.
export function byTable({ rows, columns, codes }: Matrix, x: Int8Array): Work {
  const work = { result: new Int32Array(rows), multiplications: 0, additions: 0, lookUps: 0 };
  for (let from = 0; from < columns; from += IN_A_BYTE) {
    const count = Math.min(IN_A_BYTE, columns - from);
    const table = sumsOf(x.subarray(from, from + count), work);
    for (let r = 0; r < rows; r++) {
      const byte = byteOf(codes.subarray(r * columns + from, r * columns + from + count));
      work.result[r] = (work.result[r] ?? 0) + (table[byte] ?? 0);
      work.lookUps++;
      work.additions++;
    }
  }
  return work;
}

// All sums of inputs with trits, by the bytes that stand for these; each from a shorter one.
function sumsOf(x: Int8Array, work: Work): number[] {
  let table = [0];
  for (const value of x) {
    const [less, more] = [table.map((sum) => sum - value), table.map((sum) => sum + value)];
    work.additions += 2 * table.length;
    table = [...less, ...table, ...more];
  }
  return table;
}

// The byte of up to five trits, the first one the lowest; it stands so in a stored model.
function byteOf(trits: Int8Array): number {
  return trits.reduceRight((byte, trit) => 3 * byte + trit + 1, 0);
}
