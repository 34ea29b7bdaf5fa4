// The page as people get it: whole, alone, and with all that was measured in it.
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { ReportData } from '../../ts/report/data.ts';
import { htmlPage } from '../../ts/report/html.ts';
import { markdownPage } from '../../ts/report/markdown.ts';
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
    expect(document.querySelectorAll('svg').length).toBe(5);
  });

  it('when a column holds numbers, then its head says whose they are', () => {
    const { document } = parseHTML(text);
    const heads = [...document.querySelectorAll('th.number')].map((head) => head.textContent);
    expect(heads.length).toBeGreaterThan(30);
    for (const head of heads) expect(head).toMatch(/\((host|emulated|projected)\)$/);
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
    const small = html(reportData({ runners, kernels: [], phases: [], scaling: [], model: null }));
    expect(openAtEnd(small)).toEqual([]);
    expect(small).not.toMatch(/undefined|NaN|Infinity/);
    expect(small).toContain('Not counted in this report.');
  });

  it('when a build did not run, then it says why', () => {
    const why = { skipped: 'p2: methods could not be started', timed: null, memory: null };
    const text = html(reportData({ runners: withRunner('p2', { ...why, hashes: {} }) }));
    expect(text).toContain('did not run: p2: methods could not be started');
  });
});

describe('report.md', () => {
  const lines = markdownPage(pageOf(reportData())).split('\n');

  it('when all was measured, then it has the tables of the page', () => {
    const times = '| p2 | 4.00 (3.64..4.73) | 4.40 s | 4.00 (4.00..6.00) | 800 ms | 100 ms |';
    expect(lines).toContain(times);
    expect(lines.filter((line) => line.startsWith('## '))).toHaveLength(10);
  });

  it('when a row is of the laptop, then the head says emulated', () => {
    const work = lines.find((line) => line.startsWith('| runner | instructions'));
    expect(work).toContain('instructions per trained token (emulated)');
    expect(lines).toContain('| p3-laptop | 700,000 | 1.00 | 700,000 | 1.00 | 500 |');
  });
});
