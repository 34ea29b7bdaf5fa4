// Starts the program as several ranks, which train together: by mpirun, on this machine.

// Ranks of one build.
export interface RankGroup {
  count: number;
  program: string;
  args: readonly string[];
}

export const MPIRUN = 'mpirun';

// The words after mpirun that start these ranks; the first group has rank 0. There may be more of them
// than processors, and mpirun's own words about a rank that failed are left out.
export function mpirunArgs(groups: readonly RankGroup[]): string[] {
  const root = process.getuid?.() === 0 ? ['--allow-run-as-root'] : [];
  const start = ({ count, program, args }: RankGroup, i: number) => [
    ...(i > 0 ? [':'] : []),
    ...['-n', String(count), program, ...args],
  ];
  return ['--quiet', '--oversubscribe', ...root, ...groups.flatMap(start)];
}
