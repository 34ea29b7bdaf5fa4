import { describe, expect, it } from 'vitest';
import { curvesOf, curvesSvg } from '../../ts/experiments/curves.ts';
import type { LossPoint } from '../../ts/program/losses.ts';
import { reportOf, runOf } from './samples.ts';

const falling = Array.from({ length: 40 }, (_, index) => ({
  step: index + 1,
  loss: 4 - index / 20,
}));

function curves(seeds: number[], ...names: string[]) {
  const report = reportOf({ seeds });
  const logs = new Map<string, LossPoint[]>();
  for (const name of names) logs.set(runOf(report, name).key, falling);
  return curvesOf(report, logs);
}

describe('curvesOf', () => {
  it('when runs have logs, then each is a curve, dashed for optimizers, none for memory', () => {
    const all = curves([1], 'absmean-lion-seed1', 'row-muon-seed1', 'memory-1-none-seed1');
    expect(all.map(({ label, dash }) => [label, dash])).toEqual([
      ['row', 'none'],
      ['lion', '6 3'],
    ]);
    expect(all[0]?.points).toEqual(falling);
  });

  it('when a run stands in two tables, then its curve has both names', () => {
    expect(curves([1], 'absmean-muon-seed1').map(({ label }) => label)).toEqual(['absmean + muon']);
  });

  it('when there are several seeds, then the names tell them', () => {
    const names = ['absmean-muon-seed1', 'absmean-muon-seed2', 'row-muon-seed2'];
    expect(curves([1, 2], ...names).map(({ label }) => label)).toEqual([
      ...['absmean + muon (seed 1)', 'absmean + muon (seed 2)', 'row (seed 2)'],
    ]);
  });
});

describe('curvesSvg', () => {
  it('when drawn, then each curve is a line with its name', () => {
    const svg = curvesSvg(curves([1], 'absmean-lion-seed1', 'row-muon-seed1'));
    expect(svg.match(/aria-label="line"/g)).toHaveLength(2);
    expect(svg).toContain('>lion</text>');
    expect(svg).toContain('>row</text>');
    expect(svg).toContain('training loss, nats per character (host)');
  });

  it('when there are more names than fit, then the plot is higher', () => {
    const [curve] = curves([1], 'row-muon-seed1');
    const height = (count: number) => {
      const many = Array.from({ length: count }, () => curve ?? []).flat();
      return Number(/ height="(\d+)"/.exec(curvesSvg(many))?.[1]);
    };
    expect(height(60)).toBeGreaterThan(height(5));
  });

  it('when there is no log, then there is a plot without lines', () => {
    expect(curvesSvg([])).not.toContain('aria-label="line"');
  });
});
