// Cycles of a P6 core, modelled: by a profile, how often each instruction ran; by the table, which
// ports its micro-ops need. In each basic block one part of the core is the narrowest, and the block
// takes as long as that part works. Waiting for memory is added on top. A prefetch hides the wait for
// one line that its function misses; the bus still has to carry it.
//
// What the model leaves out makes it optimistic: chains of results that wait for each other, branches
// that are predicted wrongly, reads of registers that are long retired. A number from it is called
// modelled, never measured.
import type { Instruction } from '../build/disassembly.ts';
import type { ScannedLevel } from '../build/targets.ts';
import { UserError } from '../support/errors.ts';
import type { P6Machine } from './p6_machines.ts';
import {
  type Form,
  PORTS,
  type Port,
  type Precision,
  p6Rows,
  type Row,
  UNITS,
  type Unit,
} from './p6_table.ts';
import type { Cost, Profile } from './profile.ts';

// The parts of the core that can be the narrowest.
export const LIMITS = ['load', 'store', 'alu', 'retire', 'decode', 'fetch'] as const;
export type Limit = (typeof LIMITS)[number];

// Where cycles go: to those parts, or to waiting for memory.
export const PARTS = [...LIMITS, 'memory'] as const;
export type CyclePart = (typeof PARTS)[number];

// What a function or a whole program takes.
export interface Cycles {
  instructions: number;
  uops: number;
  /** Cycles of the core, if all memory were a first-level cache. */
  core: number;
  /** The core's cycles by what was the narrowest part. */
  by: Record<Limit, number>;
  /** Cycles with the waits for the second level and for memory. */
  withMisses: number;
}

export interface CycleReport {
  total: Cycles;
  functions: Map<string, Cycles>;
}

const RETIRED_A_CYCLE = 3;
const DECODERS = 3;
const FETCHED_BYTES = 16;
const SIMPLE_UOPS = 1; // what the second and the third decoder can take
const UOPS_OF_FIRST_DECODER = 4;

/* What the micro-ops of some instructions need of each part. */
interface Work {
  needs: Record<Port | Unit, number>;
  uops: number;
  instructions: number;
  bytes: number;
  /** Cycles of the first decoder, for what only that one can take. */
  firstDecoder: number;
}

// The rows of the table by mnemonic and form.
export type P6Table = ReadonlyMap<string, Row>;

export function p6Table(precision: Precision, processor: ScannedLevel): P6Table {
  const table = new Map<string, Row>();
  for (const row of p6Rows(precision, processor)) {
    for (const name of row.names) {
      const key = `${name} ${row.form}`;
      if (table.has(key)) throw new Error(`two rows for ${key}`);
      table.set(key, row);
    }
  }
  return table;
}

// Models a profile of the program whose instructions are given.
export function modelCycles(
  profile: Profile,
  instructions: readonly Instruction[],
  table: P6Table,
  machine: P6Machine,
): CycleReport {
  const total = noCycles();
  const functions = new Map<string, Cycles>();
  const blocks = new Map<string, Block[]>();
  for (const block of basicBlocks(profile, instructions)) {
    blocks.set(block.function, [...(blocks.get(block.function) ?? []), block]);
  }
  for (const [name, own] of blocks) {
    const cycles = noCycles();
    for (const block of own) add(cycles, blockCycles(block, table));
    cycles.withMisses = cycles.core + waits(own, machine);
    functions.set(name, cycles);
    add(total, cycles);
  }
  return { total, functions };
}

/* Instructions that follow each other and ran equally often. */
interface Block {
  function: string;
  executed: number;
  instructions: Instruction[];
  costs: Cost[];
}

function basicBlocks(profile: Profile, instructions: readonly Instruction[]): Block[] {
  const blocks: Block[] = [];
  let known = 0;
  let end = Number.NaN;
  for (const one of instructions) {
    const cost = profile.costs.get(one.address);
    if (!cost) continue;
    known += cost.executed;
    const inside = profile.functions.get(one.address) ?? one.function;
    const before = blocks.at(-1);
    const goesOn =
      one.address === end && before?.executed === cost.executed && before.function === inside;
    const block = goesOn && before ? before : newBlock(inside, cost.executed, blocks);
    block.instructions.push(one);
    block.costs.push(cost);
    end = one.address + one.bytes;
  }
  checkAllKnown(profile, known);
  return blocks;
}

function newBlock(inside: string, executed: number, blocks: Block[]): Block {
  const block = { function: inside, executed, instructions: [], costs: [] };
  blocks.push(block);
  return block;
}

// A profile of other code than the disassembly's would model something else.
function checkAllKnown(profile: Profile, known: number): void {
  let executed = 0;
  for (const cost of profile.costs.values()) executed += cost.executed;
  if (known !== executed)
    throw new UserError(
      `${executed - known} of ${executed} executed instructions are not in the disassembled program`,
      { hint: 'The cycle model needs a program without shared libraries: p2 or p3.' },
    );
}

function blockCycles(block: Block, table: P6Table): Cycles {
  const work = noWork();
  for (const one of block.instructions) addWork(work, one, table);
  const limits = limitsOf(work);
  const narrowest = LIMITS.reduce((a, b) => (limits[b] > limits[a] ? b : a));
  const core = limits[narrowest] * block.executed;
  const cycles = noCycles();
  cycles.instructions = work.instructions * block.executed;
  cycles.uops = work.uops * block.executed;
  cycles.core = core;
  cycles.by[narrowest] = core;
  return cycles;
}

// Cycles that the blocks of a function wait for the second level and for memory.
function waits(blocks: readonly Block[], machine: P6Machine): number {
  let [l1, l2, written, prefetches] = [0, 0, 0, 0];
  for (const { instructions, executed, costs } of blocks) {
    for (const cost of costs) {
      l1 += cost.l1Misses;
      l2 += cost.l2Misses;
      written += cost.writeBacks;
    }
    prefetches += executed * instructions.filter((one) => PREFETCH.test(one.mnemonic)).length;
  }
  const hidden = Math.min(prefetches, l2);
  const seconds = (l2 - hidden) * machine.memory + (hidden + written) * machine.busLine;
  return (l1 - hidden) * machine.l2Cycles + seconds * machine.clock;
}

// Cycles that each part of the core works on a block.
function limitsOf(work: Work): Record<Limit, number> {
  const { p0, p1, p01, p2, p3, p4, multiplier, divider } = work.needs;
  return {
    load: p2,
    store: Math.max(p3, p4),
    alu: Math.max(p0, p1, (p0 + p1 + p01) / 2, multiplier, divider),
    retire: work.uops / RETIRED_A_CYCLE,
    decode: Math.max(work.firstDecoder, work.instructions / DECODERS),
    fetch: work.bytes / FETCHED_BYTES,
  };
}

function addWork(work: Work, one: Instruction, table: P6Table): void {
  const row = rowOf(one, table);
  // What needs no port is still retired.
  const uops = Math.max(
    1,
    PORTS.reduce((sum, port) => sum + (row.needs[port] ?? 0), 0),
  );
  for (const name of [...PORTS, ...UNITS]) work.needs[name] += row.needs[name] ?? 0;
  work.uops += uops;
  work.instructions += 1;
  work.bytes += one.bytes;
  work.firstDecoder += cyclesOfFirstDecoder(uops);
}

function cyclesOfFirstDecoder(uops: number): number {
  if (uops <= SIMPLE_UOPS) return 0;
  if (uops <= UOPS_OF_FIRST_DECODER) return 1;
  return Math.ceil(uops / UOPS_OF_FIRST_DECODER) + 1; // microcode
}

// The row of an instruction; there is no guess for one that has none.
export function rowOf(one: Instruction, table: P6Table): Row {
  const row = forms(one.operands)
    .map((form) => table.get(`${one.mnemonic} ${form}`))
    .find((found) => found !== undefined);
  if (row) return row;
  throw new UserError(
    `the cycle model has no row for "${one.text}" in ${one.function} at 0x${one.address.toString(16)}`,
    { hint: 'Add one to ts/counting/p6_table.ts, with its source.' },
  );
}

const PREFETCH = /^prefetch/;
const MEMORY = /^\*?(%[cdefgs]s:)?(-?0x[0-9a-f]+)?(\(.*\))?$/;

// How the operand in memory can be used: the last one is written where the instruction writes one.
function forms(operands: string): Form[] {
  if (operands.startsWith('*%')) return ['indirect', 'register'];
  const all = splitOperands(operands);
  const inMemory = all.map(isMemory);
  if (!inMemory.includes(true)) return ['register'];
  return inMemory.at(-1) ? ['store', 'load'] : ['load'];
}

function splitOperands(operands: string): string[] {
  return operands.match(/(?:\([^)]*\)|[^,(])+/g) ?? [];
}

// The target of a direct jump is printed as a bare number, a place in memory with 0x or brackets.
function isMemory(operand: string): boolean {
  return operand !== '' && (MEMORY.test(operand) || /^%[cdefgs]s:/.test(operand));
}

function noWork(): Work {
  const needs = { p0: 0, p1: 0, p01: 0, p2: 0, p3: 0, p4: 0, multiplier: 0, divider: 0 };
  return { needs, uops: 0, instructions: 0, bytes: 0, firstDecoder: 0 };
}

// The cycles with misses, by where they go.
export function partsOf({ by, core, withMisses }: Cycles): Record<CyclePart, number> {
  return { ...by, memory: withMisses - core };
}

// The functions that take at least this part of the cycles with misses, most first.
export function largestFunctions(
  { total, functions }: CycleReport,
  leastPart: number,
): [name: string, cycles: Cycles][] {
  return [...functions]
    .filter(([, { withMisses }]) => withMisses >= leastPart * total.withMisses)
    .sort(([, a], [, b]) => b.withMisses - a.withMisses);
}

// What several take together.
export function sumOf(all: readonly Cycles[]): Cycles {
  const sum = noCycles();
  for (const one of all) add(sum, one);
  return sum;
}

function noCycles(): Cycles {
  const by = { load: 0, store: 0, alu: 0, retire: 0, decode: 0, fetch: 0 };
  return { instructions: 0, uops: 0, core: 0, by, withMisses: 0 };
}

function add(sum: Cycles, one: Cycles): void {
  sum.instructions += one.instructions;
  sum.uops += one.uops;
  sum.core += one.core;
  sum.withMisses += one.withMisses;
  for (const limit of LIMITS) sum.by[limit] += one.by[limit];
}
