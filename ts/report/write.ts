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
  // The plot library is loaded only here: it would slow the start of every command.
  const { pageOf } = await import('./sections.ts');
  const { htmlPage } = await import('./html.ts');
  const page = pageOf(data, before);
  const files = {
    'index.html': htmlPage(page),
    'report.md': markdownPage(page),
    'report.json': `${JSON.stringify(data, null, 2)}\n`,
  };
  const folder = path.resolve(out, folderName(data.date));
  const written: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    await writeFileAtomic(path.join(folder, name), content);
    written.push(path.join(folder, name));
  }
  return written;
}

// "2026-11-25-212847", in UTC.
export function folderName(date: string): string {
  return date.slice(0, 19).replace('T', '-').replaceAll(':', '');
}
