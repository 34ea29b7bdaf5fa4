import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { againstSection, changedBits, changes, readReport } from '../../ts/report/against.ts';
import type { ReportData } from '../../ts/report/data.ts';
import { markdownPage } from '../../ts/report/markdown.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { reportData, withRunner } from './samples.ts';

const folder = useTemporaryFolder();

function fileWith(content: string): string {
  const file = path.join(folder(), 'report.json');
  writeFileSync(file, content);
  return file;
}

function sectionText(before: ReportData, now: ReportData): string {
  return markdownPage({ title: '', sections: [againstSection(before, now)] });
}

describe('readReport', () => {
  it('when a report is written and read, then it is the same', async () => {
    const data = reportData();
    expect(await readReport(fileWith(JSON.stringify(data)))).toEqual(data);
  });

  it.each([
    ['is no JSON', 'hello', 'it is not JSON'],
    ['is null', 'null', 'it is not a report'],
    ['is another object', '{"a": 1}', 'it is not a report'],
    [
      'has another version',
      '{"schema":{"name":"legacy-llm report","version":99}}',
      'it has version 99, this program writes 2',
    ],
    [
      'has nothing but that',
      '{"schema":{"name":"legacy-llm report","version":2}}',
      'a part of it is missing',
    ],
  ])('when the file %s, then it is refused in one line', async (_what, content, words) => {
    const file = fileWith(content);
    await expect(readReport(file)).rejects.toMatchObject({
      message: `--against ${file}: ${words}`,
      exitCode: 2,
    });
  });

  it('when there is no such file, or it is a folder, then it is refused', async () => {
    await expect(readReport('/nowhere/report.json')).rejects.toThrow('it cannot be read');
    await expect(readReport(folder())).rejects.toThrow('it cannot be read');
  });
});

describe('changes', () => {
  it('when nothing changed, then every number is as before', () => {
    const all = changes(reportData(), reportData());
    expect(all.length).toBeGreaterThan(40);
    expect(all.every(({ before, now }) => before === now)).toBe(true);
  });

  it('when a phase takes less, then the table has it alone, with its ratio', () => {
    const [phase, ...rest] = reportData().phases;
    if (!phase) throw new Error('no phases');
    const now = reportData({ phases: [{ ...phase, instructions: 6_400_000 }, ...rest] });
    const words = sectionText(reportData(), now);
    expect(words).toContain('| step, fast: instructions | 12,800,000 | 6,400,000 | 0.5000 |');
    expect(words.match(/^\| (?!what|---)/gm)).toHaveLength(1);
    expect(words).toContain('All bits are the same as in that report.');
    expect(words).toContain('| what | before (emulated) | now (emulated) |');
  });

  it('when modelled cycles change, then they have a table of their own', () => {
    const [work, ...rest] = reportData().cycles;
    if (!work) throw new Error('nothing modelled');
    const now = reportData({
      cycles: [{ ...work, total: { ...work.total, core: 64_000 } }, ...rest],
    });
    const words = sectionText(reportData(), now);
    expect(words).toContain(
      '| p2 on p2-350, step, fast: core cycles | 128,000 | 64,000 | 0.5000 |',
    );
    expect(words).toContain('| what | before (modelled) | now (modelled) |');
  });

  it('when a count changes by less than a thousandth, then it is counted and not listed', () => {
    const [phase, ...rest] = reportData().phases;
    if (!phase) throw new Error('no phases');
    const now = reportData({ phases: [{ ...phase, instructions: 12_800_100 }, ...rest] });
    const words = sectionText(reportData(), now);
    expect(words).toContain('and 1 differ by less than a thousandth');
    expect(words).not.toContain('|');
  });

  it('when a hash is another one, then its runner is named', () => {
    const hashes = { ...reportData().runners[0]?.hashes, story: 'ff'.repeat(32) };
    const now = reportData({ runners: withRunner('p3', { hashes }) });
    expect(changedBits(reportData(), now)).toEqual(['p3: story']);
    expect(sectionText(reportData(), now)).toContain(
      'These bits differ from that report: p3: story.',
    );
  });

  it('when a runner is new, then there is nothing to compare it with', () => {
    const before = reportData({ runners: reportData().runners.slice(0, 1) });
    const names = changes(before, reportData()).map(({ what }) => what);
    expect(names.some((what) => what.startsWith('wasm:') && what.includes('time'))).toBe(false);
  });

  it('when the scenario was another one, then that stands above', () => {
    const { scenario } = reportData();
    const before = reportData({ scenario: { ...scenario, tokens: 7 } });
    expect(sectionText(before, reportData())).toContain('**The two scenarios differ');
  });
});
