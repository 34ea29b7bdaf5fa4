// Whether a report may stand: every runner must have left the bits of the first one.
import { evidenceNames } from '../parity/scenario.ts';
import type { ReportData, RunnerResult } from './data.ts';

// A sentence for each runner with other bits than the first one.
export function differingBits(runners: readonly RunnerResult[]): string[] {
  const ran = runners.filter(({ skipped }) => skipped === null);
  const [reference] = ran;
  if (!reference) return ['nothing ran'];
  return ran.flatMap((row) => {
    const names = evidenceNames.filter((name) => row.hashes[name] !== reference.hashes[name]);
    if (names.length === 0) return [];
    const first = row.difference === null ? '' : `; ${row.difference}`;
    return [`${row.runner} made other bits than ${reference.runner}: ${names.join(', ')}${first}`];
  });
}

// All that is wrong with a report.
export function problemsOf(data: ReportData): string[] {
  return [...differingBits(data.runners), ...data.problems];
}
