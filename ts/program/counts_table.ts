// Reads the n-grams of a checkpoint as c/src/counts/pack.h draws them: an independent reader.
import { viewOf } from './bytes.ts';

// What the section `counts` of a checkpoint holds.
export interface CountsTable {
  vocab: number;
  order: number;
  separator: number;
  /** Tokens that were counted. */
  tokens: number;
  /** Of 1, 2, ... tokens: how often a context must have occurred to be followed to them. */
  thresholds: number[];
  gates: Float32Array;
  /** The count of each n-gram, by its tokens with commas between. */
  counts: Map<string, number>;
}

const GATES = 36;

interface Node {
  tokens: readonly number[];
  /** How many children follow, and their tokens as far as they were read. */
  expected: number;
  children: number[];
}

// The whole table; throws where the bytes do not end with it.
export function readCounts(bytes: Uint8Array): CountsTable {
  const view = viewOf(bytes);
  const words = (at: number, count: number) =>
    Array.from({ length: count }, (_, i) => view.getUint32(at + 4 * i, true));
  const order = view.getUint8(2);
  const table: CountsTable = {
    ...{ vocab: view.getUint16(0, true), order, separator: view.getUint32(4, true) },
    tokens: Number(view.getBigUint64(8, true)),
    thresholds: words(16 + 4 * order, order),
    gates: Float32Array.from({ length: GATES }, (_, i) =>
      view.getFloat32(16 + 8 * order + 4 * i, true),
    ),
    counts: new Map(),
  };
  const numbers = new Numbers(bytes, 16 + 8 * order + 4 * GATES);
  const nodes = new Map<string, Node>();
  let level = [addNode(nodes, [], words(16, 1)[0] ?? 0)];
  for (let length = 1; length <= order; length++) {
    level = level.flatMap((parent) => readChildren(table, numbers, nodes, parent));
  }
  if (!numbers.atEnd) throw new Error('the n-grams go on after their end');
  return table;
}

function addNode(nodes: Map<string, Node>, tokens: readonly number[], expected: number): Node {
  const node = { tokens, expected, children: [] };
  nodes.set(tokens.join(), node);
  return node;
}

// The n-grams that are a token longer than that of a node.
function readChildren(
  table: CountsTable,
  numbers: Numbers,
  nodes: Map<string, Node>,
  parent: Node,
): Node[] {
  const last = parent.tokens.length + 1 === table.order;
  const suffix = nodes.get(parent.tokens.slice(1).join());
  const all = Array.from({ length: table.vocab }, (_, token) => token);
  const candidates = parent.tokens.length === 0 ? all : [...(suffix?.children ?? [])];
  let place = -1;
  return Array.from({ length: parent.expected }, () => {
    const packed = numbers.next();
    const few = packed & 3;
    const some = last ? 0 : (packed >> 2) & 3;
    place += 1 + (packed >> (last ? 2 : 4));
    const expected = some === 3 ? 3 + numbers.next() : some;
    const count = few === 3 ? 4 + numbers.next() : few + 1;
    const token = candidates[place];
    if (token === undefined) throw new Error(`no n-gram ends at place ${place} of its candidates`);
    parent.children.push(token);
    const tokens = [...parent.tokens, token];
    table.counts.set(tokens.join(), count);
    return addNode(nodes, tokens, expected);
  });
}

// Numbers of 7 bits a byte, lower ones first.
class Numbers {
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {}

  get atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  next(): number {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error('the n-grams end too early');
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }
}
