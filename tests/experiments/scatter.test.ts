import { describe, expect, it } from 'vitest';
import { methodPoints, scatterSvg, scatters } from '../../ts/experiments/scatter.ts';
import { reportOf, runOf } from './samples.ts';

const [byBytes, byCycles] = scatters;
const held_out = { loss: '1.7510', tokens: 40, unigram: '3', bigram: '2' };

describe('methodPoints', () => {
  it('when a method stands in two tables, then it is one point with both names', () => {
    const report = reportOf({}, { 'row-muon-seed1': { held_out, weight_state_bytes: 150 } });
    expect(methodPoints(report, byBytes)).toEqual([
      { label: 'absmean + muon', series: 'both', cost: 2.12, loss: 1.5 },
      { label: 'row', series: 'schemes', cost: 1.5, loss: 1.751 },
      { label: 'lion', series: 'optimizers', cost: 2.12, loss: 1.5 },
    ]);
  });

  it('when a method has no loss, then it is no point', () => {
    const report = reportOf();
    report.results.delete(runOf(report, 'row-muon-seed1').key);
    expect(methodPoints(report, byBytes).map(({ label }) => label)).toEqual([
      'absmean + muon',
      'lion',
    ]);
  });
});

describe('the plot by cycles', () => {
  it('when the cycles of a method were modelled, then it is a point there', () => {
    const cycles = new Map([['row-muon', { core: 1e6, with_misses: 2_500_000 }]]);
    const points = methodPoints({ ...reportOf(), cycles }, byCycles);
    expect(points).toEqual([{ label: 'row', series: 'schemes', cost: 2.5, loss: 1.5 }]);
  });

  it('when no cycles were modelled, then it has no point', () => {
    expect(methodPoints(reportOf(), byCycles)).toEqual([]);
  });
});

describe('scatterSvg', () => {
  it('when drawn, then it stands alone, and each method is a dot with its name', () => {
    const svg = scatterSvg(reportOf({}, { 'row-muon-seed1': { held_out } }), byBytes);
    expect(svg).toMatch(/^<\?xml .*\?>\n<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg.match(/<circle /g)).toHaveLength(3);
    for (const name of ['absmean + muon', 'row', 'lion']) expect(svg).toContain(`>${name}</text>`);
    expect(svg).toContain('bytes per weight in training (host)');
  });

  it('when losses from elsewhere are given, then each is a line with its number, escaped', () => {
    const reference = [
      { name: 'nanoGPT <fp32>', loss: '1.904' },
      { name: 'Adam', loss: '1.905' },
    ];
    const svg = scatterSvg(reportOf({ reference }), byBytes);
    expect(svg).toContain('nanoGPT &lt;fp32&gt;: 1.904');
    expect(svg).toContain('>Adam: 1.905</text>');
    expect(svg.match(/stroke-dasharray="5 4"[^>]*>(<line [^>]*\/>){2}/)).not.toBeNull();
  });

  it('when a loss is higher, then its dot is higher', () => {
    const heights = (loss: string) => {
      const change = { 'row-muon-seed1': { held_out: { ...held_out, loss } } };
      const svg = scatterSvg(reportOf({ tables: ['schemes'] }, change), byBytes);
      return [...svg.matchAll(/<circle [^>]*cy="([\d.]+)"/g)].map(([, y]) => Number(y));
    };
    const [reference = 0, row = 0] = heights('1.7');
    expect(row).toBeLessThan(reference);
    const [below = 0, lower = 0] = heights('1.3');
    expect(lower).toBeGreaterThan(below);
  });

  it('when nothing is done, then there is a plot without points', () => {
    const report = reportOf();
    report.results.clear();
    expect(scatterSvg(report, byBytes)).not.toContain('<circle');
  });
});
