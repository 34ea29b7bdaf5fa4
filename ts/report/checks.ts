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

// The forms whose bits are the same on every build; fp32 is not held to that.
const EXACT_FORMS = ['plain', 'fast-128', 'fast', 'threads'];

// A sentence for each kernel or phase of the bench that a build gives other bits than the first.
export function differingKernels(kernels: ReportData['kernels']): string[] {
  const first = new Map<string, { crc: string; runner: string }>();
  return kernels.flatMap(({ runner, rows }) =>
    rows.flatMap((row) => {
      if (!EXACT_FORMS.includes(row.form)) return [];
      const { group, name, shape, form, crc } = row;
      const key = [group, name, shape].join(' ');
      const reference = first.get(key);
      if (!reference) first.set(key, { crc, runner });
      if (!reference || reference.crc === crc) return [];
      return [
        `bench ${name} ${shape}, ${form}: ${runner} made other bits than ${reference.runner}`,
      ];
    }),
  );
}

// All that is wrong with a report.
export function problemsOf(data: ReportData): string[] {
  return [...differingBits(data.runners), ...differingKernels(data.kernels), ...data.problems];
}
