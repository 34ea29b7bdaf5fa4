import { describe, expect, it } from 'vitest';
import type { ExperimentOptions } from '../../ts/experiments/settings.ts';
import { chooseRuns, distinctRuns, makeTables } from '../../ts/experiments/tables.ts';
import { identity, methods, options } from './samples.ts';

function tables(change: Partial<ExperimentOptions> = {}) {
  return makeTables(methods, { ...options, ...change }, identity);
}

function rowNames(change: Partial<ExperimentOptions> = {}): string[][] {
  return tables(change).map(({ rows }) => rows.map(({ name }) => name));
}

describe('makeTables', () => {
  it('when all are wanted, then the rows are those of the program and the memory modes', () => {
    expect(rowNames()).toEqual([
      ['absmean', 'row'],
      ['muon', 'lion'],
      ['1/none', '1/block', '1/2', '2/none', '2/block'],
    ]);
  });

  it('when only some are wanted, then only these are made', () => {
    expect(tables({ tables: ['optimizers'] }).map(({ name }) => name)).toEqual(['optimizers']);
  });

  it('when a step has one sequence and few layers, then no memory mode comes twice', () => {
    const only = { tables: ['memory'], batch: 1, layers: 2 } as const;
    expect(rowNames(only)).toEqual([['1/none', '1/block']]);
  });

  it('when schemes are compared, then all have the first optimizer, and vice versa', () => {
    const [schemes, optimizers] = tables();
    const pairs = (rows = schemes?.rows) =>
      rows?.map(({ runs: [run] }) => `${run?.scheme} ${run?.optimizer}`);
    expect(pairs()).toEqual(['absmean muon', 'row muon']);
    expect(pairs(optimizers?.rows)).toEqual(['absmean muon', 'absmean lion']);
    expect(schemes?.rows.map(({ isReference }) => isReference)).toEqual([true, false]);
    expect(optimizers?.rows[1]?.packedBits).toBe('1.6');
  });

  it('when there are seeds, then a method has a run for each and a memory mode has one', () => {
    const [schemes, , memory] = tables({ seeds: [5, 6] });
    expect(schemes?.rows[1]?.runs.map(({ seed }) => seed)).toEqual([5, 6]);
    expect(memory?.rows[0]?.runs.map(({ seed }) => seed)).toEqual([5]);
  });

  it('when trainings are long, then those for memory stay short', () => {
    const steps = (change: Partial<ExperimentOptions>) =>
      tables(change)[2]?.rows[0]?.runs[0]?.steps;
    expect(steps({ steps: 1000 })).toBe(20);
    expect(steps({ steps: 5 })).toBe(5);
  });
});

describe('chooseRuns', () => {
  it('when a run stands in two tables, then it comes once', () => {
    const names = chooseRuns(tables(), undefined).map(({ name }) => name);
    expect(names.filter((name) => name === 'absmean-muon-seed1')).toHaveLength(1);
    expect(names).toHaveLength(8);
    expect(distinctRuns(tables().flatMap(({ rows }) => rows))).toHaveLength(8);
  });

  it('when rows are named, then only their runs come', () => {
    const names = chooseRuns(tables(), ['lion', '1/2']).map(({ name }) => name);
    expect(names).toEqual(['absmean-lion-seed1', 'memory-1-2-seed1']);
  });

  it('when a row is unknown, then it is wrong usage and lists the rows', () => {
    expect(() => chooseRuns(tables(), ['row', 'adam'])).toThrow(
      expect.objectContaining({
        message: 'there is no row "adam"',
        exitCode: 2,
        hint: expect.stringContaining('absmean, row, muon, lion, 1/none'),
      }),
    );
  });
});
