// Writes a report into a folder of its own: the page, the tables, the numbers.
import path from 'node:path';
import { writeFileAtomic } from '../support/files.ts';
import type { ReportData } from './data.ts';
import { markdownPage } from './markdown.ts';

// Gives the paths of what it wrote, the page first.
export async function writeReport(
  out: string,
  data: ReportData,
  before?: ReportData,
): Promise<string[]> {
  const at = (name: string) => path.resolve(out, folderName(data.date), name);
  // What was measured is safe before anything is drawn of it.
  await writeFileAtomic(at('report.json'), `${JSON.stringify(data, null, 2)}\n`);
  // The plot library is loaded only here: it would slow the start of every command.
  const { pageOf } = await import('./sections.ts');
  const { htmlPage } = await import('./html.ts');
  const page = pageOf(data, before);
  await writeFileAtomic(at('index.html'), htmlPage(page));
  await writeFileAtomic(at('report.md'), markdownPage(page));
  return ['index.html', 'report.md', 'report.json'].map(at);
}

// "2026-11-25-212847", in UTC.
export function folderName(date: string): string {
  return date.slice(0, 19).replace('T', '-').replaceAll(':', '');
}
