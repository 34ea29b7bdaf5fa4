// `npm run numbers`: measures the numbers that the documents have, and writes them there.
import type { Command } from 'commander';
import { isSame, type Origin, originOfSources } from '../numbers/freshness.ts';
import type { Measurement } from '../numbers/measurement.ts';
import {
  checkNames,
  chosen,
  listText,
  measureAll,
  renewDocuments,
  type Standing,
  standings,
  writeDocuments,
} from '../numbers/numbers.ts';
import { readStore, writeStore } from '../numbers/store.ts';
import { UserError } from '../support/errors.ts';
import { createProgress, type Progress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';

interface NumbersOptions {
  all?: boolean;
  check?: boolean;
  list?: boolean;
}

// Adds the command to the program.
export function registerNumbers(program: Command): void {
  program
    .command('numbers')
    .description(
      'measure the numbers that README.md and other documents have, and write them there;\n' +
        'measures what has changed (docs/numbers.json keeps the rest), or what is named',
    )
    .argument('[names...]', 'measurements to make again; --list names them')
    .option('--all', 'also those that take long: about an hour and a half')
    .option('--check', 'measure all again that takes minutes, write nothing, fail if one is wrong')
    .option('--list', 'list the measurements, what each runs, and whether its numbers are fresh')
    .action((names: string[], options: NumbersOptions) => numbers(names, options));
}

async function numbers(names: readonly string[], options: NumbersOptions): Promise<void> {
  checkNames(names);
  const before = await readStore();
  if (options.list) {
    const ofSources = async (of: Origin | undefined, measurement: Measurement) =>
      isSame(of, await originOfSources(measurement));
    console.log(listText(await standings(before, ofSources)));
    return;
  }
  await provide(['host', 'i386', 'kernel', 'valgrind']);
  const progress = createProgress();
  const { check = false } = options;
  try {
    progress.update('building what changed', 'building');
    const all = await standings(before);
    const due = chosen(all, { names, all: options.all ?? false, again: check });
    const keep = check ? async () => {} : writeStore;
    const { store, differing, failed } = await measureAll(due, before, progress, keep);
    const documents = await renewDocuments(store);
    if (!check) await writeDocuments(documents);
    progress.clear();
    const changed = documents.changed.map(({ document, what }) => `${document}: ${what}`);
    const problems = documents.problems.map(({ document, what }) => `${document}: ${what}`);
    const wrong = [...failed, ...problems, ...(check ? [...differing, ...changed] : [])];
    if (!check) for (const line of changed) console.log(line);
    tellStale(all, due, progress);
    if (wrong.length > 0) throw wrongNumbers(wrong, check);
    console.log(check ? 'every number is as it was measured' : 'all numbers are written');
  } finally {
    progress.clear();
  }
}

// Numbers that take long to measure may be older than the program; that is said, and no failure.
function tellStale(all: readonly Standing[], due: readonly Standing[], progress: Progress): void {
  const left = all.filter((standing) => !standing.fresh && !due.includes(standing));
  for (const { measurement, entry } of left) {
    const when =
      entry === undefined ? 'never measured' : `of ${entry.date}, something changed since`;
    progress.line(`stale: ${measurement.name}, ${when}; npm run numbers -- ${measurement.name}`);
  }
}

function wrongNumbers(wrong: readonly string[], check: boolean): UserError {
  const count = wrong.length === 1 ? 'one number is wrong' : `${wrong.length} numbers are wrong`;
  const next = check ? ['npm run numbers writes them anew.'] : [];
  return new UserError(count, { hint: [...wrong, ...next].join('\n') });
}
