// The page as people get it: whole, alone, and with all that was measured in it.
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { ReportData } from '../../ts/report/data.ts';
import { htmlPage } from '../../ts/report/html.ts';
import { markdownPage } from '../../ts/report/markdown.ts';
import { logTicks } from '../../ts/report/plots.ts';
import { pageOf } from '../../ts/report/sections.ts';
import { reportData, withRunner } from './samples.ts';

const NAMES = ['host', 'host-sse', 'p2', 'p3', 'wasm', 'wasm-simd', 'p2-laptop', 'p3-laptop'];

const html = (data: ReportData, before?: ReportData) => htmlPage(pageOf(data, before));
const VOID = ['meta', 'br', 'hr', 'img', 'link', 'input'];

// The names of elements that are open when the text ends, or a word on the first wrong end.
function openAtEnd(text: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', rest = ''] of text.matchAll(/<(\/?)([a-zA-Z][\w:-]*)([^>]*)>/g)) {
    if (VOID.includes(name) || rest.endsWith('/')) continue;
    if (!slash) open.push(name);
    else if (open.pop() !== name) return [`wrong end of ${name}`];
  }
  return open;
}

describe('index.html', () => {
  const text = html(reportData(), reportData());

  it('when written, then every element that begins ends, in order', () => {
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(openAtEnd(text)).toEqual([]);
    expect(text).not.toMatch(/undefined|NaN|\[object/);
  });

  it('when opened, then it needs nothing else: no script, no address', () => {
    expect(text).not.toMatch(/<script|<link|<img|<iframe|@import|url\(/i);
    expect(text).not.toMatch(/(src|href)="(?!#)/);
    expect(text).not.toMatch(/(src|href)=["']?https?:/);
  });

  it('when opened in the dark, then it has colours for that', () => {
    expect(text).toContain('prefers-color-scheme: dark');
    expect(text).not.toMatch(/fill="(white|#fff)/);
  });

  it('when all was measured, then every build is in tables and plots', () => {
    const { document } = parseHTML(text);
    const cells = [...document.querySelectorAll('td')].map((cell) => cell.textContent);
    const labels = [...document.querySelectorAll('svg text')].map((label) => label.textContent);
    for (const name of NAMES) {
      expect(cells).toContain(name);
      expect(labels).toContain(name);
    }
    expect(document.querySelectorAll('.broad svg').length).toBe(7);
  });

  it('when a column holds numbers, then its head says whose they are', () => {
    const { document } = parseHTML(text);
    const heads = [...document.querySelectorAll('th.number')].map((head) => head.textContent);
    expect(heads.length).toBeGreaterThan(30);
    for (const head of heads) expect(head).toMatch(/\((host|emulated|modelled)\)$/);
  });

  it('when a name holds signs of HTML, then they are text', () => {
    expect(text).toContain('a &lt;processor&gt; &amp; more');
    expect(text).not.toContain('<processor>');
  });

  it('when bits differ, then that is the first thing on the page', () => {
    const hashes = { ...reportData().runners[0]?.hashes, checkpoint: 'ee'.repeat(32) };
    const wrong = html(reportData({ runners: withRunner('wasm', { hashes, difference: 'here' }) }));
    const { document } = parseHTML(wrong);
    const [first] = document.querySelectorAll('section p');
    expect(first?.className).toBe('alarm');
    expect(first?.textContent).toBe('wasm made other bits than host: checkpoint; here');
    expect(wrong).not.toContain('the same checkpoint');
  });

  it('when only the host ran, then there is a page all the same', () => {
    const runners = reportData().runners.slice(0, 1);
    const rest = { kernels: [], phases: [], scaling: [], cycles: [], model: null };
    const small = html(reportData({ runners, ...rest }));
    expect(openAtEnd(small)).toEqual([]);
    expect(small).not.toMatch(/undefined|NaN|Infinity/);
    expect(small).toContain('Not counted in this report.');
    expect(small).toContain('Not modelled in this report.');
  });

  it('when a build did not run, then it says why', () => {
    const why = { skipped: 'p2: methods could not be started', timed: null, memory: null };
    const text = html(reportData({ runners: withRunner('p2', { ...why, hashes: {} }) }));
    expect(text).toContain('did not run: p2: methods could not be started');
  });
});

// Reports of which parts were left out by options, or failed.
const full = reportData();
const unmeasured = { skipped: 'it failed', hashes: {}, difference: null, loss: null, tokens: 0 };
const nothing = { ...unmeasured, memory: null, timed: null, counted: null };
const leftOut: [string, Partial<ReportData>][] = [
  ['only the host', { runners: full.runners.slice(0, 1), kernels: [], phases: [], scaling: [] }],
  ['no laptop', { runners: full.runners.map((r) => (r.machine ? { ...r, ...nothing } : r)) }],
  ['laptops alone', { runners: full.runners.map((r) => (r.machine ? r : { ...r, ...nothing })) }],
  ['no runner', { runners: [] }],
  ['no build', { builds: [], model: null }],
  ['no bench', { kernels: [] }],
  ['a bench without kernels', { kernels: [onlyPhases(full.kernels[0])] }],
  ['no phase', { phases: [] }],
  ['one phase', { phases: full.phases.slice(0, 1) }],
  ['no growth', { scaling: [] }],
  ['no cycles', { cycles: [] }],
  ['cycles of generation alone', { cycles: full.cycles.filter(({ phase }) => phase !== 'step') }],
  ['cycles of fp32 alone', { cycles: full.cycles.filter(({ form }) => form !== 'fast') }],
  ['growth without its base', { scaling: full.scaling.filter(({ size }) => size > 64) }],
  [
    'nothing',
    {
      ...{ runners: [], builds: [], model: null, kernels: [], phases: [], scaling: [] },
      cycles: [],
    },
  ],
];

function onlyPhases(kernels: ReportData['kernels'][number] | undefined) {
  if (!kernels) throw new Error('the sample has no bench');
  return { ...kernels, rows: kernels.rows.filter(({ group }) => group === 'phase') };
}

describe.each(leftOut)('a report with %s', (_name, change) => {
  const data = reportData(change);
  const page = html(data, full);
  const { document } = parseHTML(page);

  it('has no head of a table without rows, on the page and in Markdown', () => {
    for (const table of document.querySelectorAll('table')) {
      expect(table.querySelectorAll('tbody tr').length).toBeGreaterThan(0);
    }
    expect(markdownPage(pageOf(data, full))).not.toMatch(/^\|[ |-]+\|\n(?!\|)/m);
  });

  it('has something in every section and every plot', () => {
    expect(page).not.toMatch(/undefined|NaN|Infinity/);
    for (const section of document.querySelectorAll('section')) {
      expect(section.querySelectorAll('p, table').length).toBeGreaterThan(0);
    }
    for (const svg of document.querySelectorAll('svg')) {
      expect(svg.querySelectorAll('rect, circle').length).toBeGreaterThan(0);
    }
  });
});

describe('a page on a telephone', () => {
  const long = 'ab'.repeat(32);
  const { document } = parseHTML(
    html(reportData({ commit: long, command: `npx legacy-llm report --out /${long}` })),
  );
  const style = document.querySelector('style')?.textContent ?? '';

  it('when a table is wider than its place, then it scrolls there and says so', () => {
    expect(style).toMatch(/\.sized \{ container-type: inline-size/);
    expect(style).toMatch(/\.wide \{ overflow-x: auto/);
    const tables = [...document.querySelectorAll('table')];
    expect(tables.length).toBeGreaterThan(10);
    for (const table of tables) {
      const place = table.closest('.sized');
      expect(table.parentElement?.className).toBe('wide');
      expect(table.parentElement?.getAttribute('tabindex')).toBe('0');
      expect(place?.querySelector('.scrolls')?.textContent).toContain('scrolls sideways');
      const [, width] = /\bw(\d+)\b/.exec(place?.className ?? '') ?? [];
      expect(style).toContain(`.w${width} table { min-width: ${width}rem; }`);
      expect(style).toContain(
        `@container (width < ${width}rem) { .w${width} > .scrolls { display: block; } }`,
      );
    }
  });

  it('when a word is as long as a hash, then it is cut where the line ends', () => {
    expect(style).toMatch(/body \{[^}]*overflow-wrap: anywhere/);
    expect(style).toMatch(/\.long \{ overflow-wrap: anywhere/);
    const words = [...document.querySelectorAll('td .long')].map(({ textContent }) => textContent);
    expect(words).toEqual(expect.arrayContaining([long, `/${long}`]));
    for (const cell of document.querySelectorAll('td.line, .flag')) {
      expect(cell.textContent.length).toBeLessThanOrEqual(32);
    }
  });

  it('when a table has only names, values and hashes, then it need not scroll', () => {
    const [short, facts] = document.querySelectorAll('#part-0 .sized');
    for (const place of [short, facts]) {
      const [, width] = /\bw(\d+)\b/.exec(place?.className ?? '') ?? [];
      expect(Number(width) * 16).toBeLessThanOrEqual(400 - 2 * 16);
    }
  });

  it('when a plot is shown, then it is drawn for that width, with letters of full size', () => {
    expect(style).toMatch(/figure svg \{ max-width: 100%; height: auto; \}/);
    expect(style).toMatch(/@media \(max-width: 40rem\) \{[^@]*\.broad \{ display: none/);
    expect(style).toMatch(/@media \(max-width: 40rem\) \{[^@]*\.narrow \{ display: block/);
    const widths = [...document.querySelectorAll('.narrow svg')].map((svg) =>
      Number(svg.getAttribute('width')),
    );
    expect(widths).toHaveLength(document.querySelectorAll('figure').length);
    for (const width of widths) expect(width).toBeLessThanOrEqual(400 - 2 * 16);
  });
});

describe('logTicks', () => {
  it('when an axis is short or long, then it has round numbers, and not too many', () => {
    expect(logTicks([2.6, 4.6], 4)).toEqual([3, 4]);
    expect(logTicks([0.09, 11], 4)).toEqual([0.1, 1, 10]);
    expect(logTicks([1, 9], 10)).toEqual([1, 2, 3, 5, 7]);
    for (const [low, high] of [
      [1e-3, 1e7],
      [3, 3.1],
      [80, 900],
    ] as const) {
      const ticks = logTicks([low, high], 6);
      expect(ticks.every((tick) => tick >= low && tick <= high)).toBe(true);
    }
  });
});

describe('report.md', () => {
  const lines = markdownPage(pageOf(reportData())).split('\n');

  it('when all was measured, then it has the tables of the page', () => {
    const times = '| p2 | 4.00 (3.64..4.73) | 4.40 s | 4.00 (4.00..6.00) | 800 ms | 100 ms |';
    expect(lines).toContain(times);
    expect(lines.filter((line) => line.startsWith('## '))).toHaveLength(11);
  });

  it('when cycles were modelled, then they stand by build and by function', () => {
    const row = lines.find((line) => line.startsWith('| p3 | Pentium III'));
    expect(row).toContain('| training | fast | 1,200 | 1,000 | 1,500 | 500000 | 333333 |');
    expect(row).toContain('| memory 33 %, load 27 %, alu 17 %, retire 13 %, decode 4 %,');
    expect(
      lines.some((line) => line.startsWith('| p2 | training | a_product | 781 | 1,172 | 78.1 %')),
    ).toBe(true);
  });

  it('when a row is of the laptop, then the head says emulated', () => {
    const work = lines.find((line) => line.startsWith('| runner | instructions'));
    expect(work).toContain('instructions per trained token (emulated)');
    expect(lines).toContain('| p3-laptop | 700,000 | 1.00 | 700,000 | 1.00 | 500 |');
  });
});
