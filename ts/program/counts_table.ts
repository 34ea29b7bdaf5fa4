// Reads the n-grams of a checkpoint as c/src/counts/pack.h draws them: an independent reader.
import { viewOf } from '../support/bytes.ts';
import { NumberModel, NumberReader } from './number_coder.ts';

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

const GATES = 12;

interface Node {
  tokens: readonly number[];
  count: number;
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
  const numbers = new NumberReader(bytes, 16 + 8 * order + 4 * GATES);
  const nodes = new Map<string, Node>();
  let level = [addNode(nodes, { tokens: [], count: 0, expected: words(16, 1)[0] ?? 0 })];
  for (let length = 1; length <= order; length++) {
    const models = new Map<string, NumberModel>();
    level = level.flatMap((parent) => readChildren(table, { numbers, models }, nodes, parent));
  }
  numbers.expectEnd();
  return table;
}

function addNode(nodes: Map<string, Node>, facts: Omit<Node, 'children'>): Node {
  const node = { ...facts, children: [] };
  nodes.set(facts.tokens.join(), node);
  return node;
}

// What a level is read from.
interface Level {
  numbers: NumberReader;
  models: Map<string, NumberModel>;
}

// A number by the model of what it is and goes by.
function read({ numbers, models }: Level, what: string, by: number, beside = 0): number {
  const key = [what, beside, sizeClass(by)].join();
  const model = models.get(key) ?? new NumberModel();
  models.set(key, model);
  return numbers.next(model);
}

// 0, .. 7, 8 to 15, 16 to 31, 32 to 63, and more.
function sizeClass(number: number): number {
  return number < 8 ? number : Math.min(5 + Math.floor(Math.log2(number)), 11);
}

// The n-grams that are a token longer than that of a node.
function readChildren(
  table: CountsTable,
  level: Level,
  nodes: Map<string, Node>,
  parent: Node,
): Node[] {
  const last = parent.tokens.length + 1 === table.order;
  const suffix = nodes.get(parent.tokens.slice(1).join());
  const all = Array.from({ length: table.vocab }, (_, token) => token);
  const candidates = parent.tokens.length === 0 ? all : [...(suffix?.children ?? [])];
  let place = -1;
  return Array.from({ length: parent.expected }, (_, i) => {
    const room = candidates.length - (place + 1) - (parent.expected - i);
    place += 1 + (room > 0 ? read(level, 'passed', room) : 0);
    const token = candidates[place];
    if (token === undefined) throw new Error(`no n-gram ends at place ${place} of its candidates`);
    parent.children.push(token);
    const tokens = [...parent.tokens, token];
    const shorter = nodes.get(tokens.slice(1).join()) as Node;
    const count = 1 + read(level, 'count', shorter.count, parent.expected === 1 ? 1 : 0);
    const most = last ? 0 : shorter.expected;
    const expected = most > 0 ? read(level, 'children', most, Math.min(count, 4)) : 0;
    table.counts.set(tokens.join(), count);
    return addNode(nodes, { tokens, count, expected });
  });
}
