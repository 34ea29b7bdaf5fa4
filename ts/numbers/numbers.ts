// Everything that `npm run numbers` does: which measurements are due, making them, and the documents.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { writeFileAtomic } from '../support/files.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { rootDir } from '../support/paths.ts';
import { formatSeconds, type Progress } from '../support/progress.ts';
import { type Claim, type Known, type Place, renewed, untrue, type Wrong } from './document.ts';
import { isFresh, type Origin, originOf } from './freshness.ts';
import { differences, measure } from './measure.ts';
import { type Measurement, sourceText } from './measurement.ts';
import { measurements } from './measurements.ts';
import { claims, places } from './places.ts';
import { type Entry, knownOf, type Store } from './store.ts';

// A measurement with what is stored of it.
export interface Standing {
  measurement: Measurement;
  entry: Entry | undefined;
  /** Nothing that it depends on has changed. */
  fresh: boolean;
}

// How all measurements stand; `fresh` decides, since it takes a build to be sure.
export async function standings(
  store: Store,
  fresh: (before: Origin | undefined, measurement: Measurement) => Promise<boolean> = isFresh,
): Promise<Standing[]> {
  const all: Standing[] = [];
  for (const measurement of measurements) {
    const entry = store[measurement.name];
    all.push({ measurement, entry, fresh: await fresh(entry?.of, measurement) });
  }
  return all;
}

// Which measurements are made.
export interface Choice {
  names: readonly string[];
  /** Those that take long, too. */
  all: boolean;
  /** Also those of which nothing has changed. */
  again: boolean;
}

// Throws where a name is none of a measurement.
export function checkNames(names: readonly string[]): void {
  const unknown = names.find((name) => !measurements.some((each) => each.name === name));
  if (unknown === undefined) return;
  throw new UserError(`there is no measurement "${unknown}"`, {
    hint: `Measurements: ${measurements.map(({ name }) => name).join(', ')}`,
    exitCode: 2,
  });
}

// Those that are due, in their order.
export function chosen(all: readonly Standing[], { names, again, ...choice }: Choice): Standing[] {
  return all.filter(({ measurement, fresh }) => {
    if (names.length > 0) return names.includes(measurement.name);
    return (choice.all || measurement.cost !== 'long') && (again || !fresh);
  });
}

// What came of measuring: the store with the new numbers, what differs from before, what failed.
export interface Measured {
  store: Store;
  differing: string[];
  failed: string[];
}

// Makes these measurements one after the other; `keep` gets the store after each, so that nothing
// is lost where a later one is stopped.
export async function measureAll(
  due: readonly Standing[],
  before: Store,
  progress: Progress,
  keep: (store: Store) => Promise<void>,
): Promise<Measured> {
  const measured: Measured = { store: before, differing: [], failed: [] };
  for (const [index, { measurement, entry }] of due.entries()) {
    const { name } = measurement;
    const place = `${index + 1} of ${due.length}: ${name}`;
    const started = performance.now();
    progress.update(`${place} (${measurement.label}): ${sourceText(measurement)}`, name);
    try {
      const show = (line: string) => progress.update(`${place}: ${line}`, name);
      const values = await measure(measurement, show);
      const changes = differences(measurement, entry?.values, values);
      measured.differing.push(...changes.map((change) => `${name}: ${change}`));
      measured.store = { ...measured.store, [name]: await entryOf(measurement, values) };
      await keep(measured.store);
      progress.line(`${place}, ${formatSeconds((performance.now() - started) / 1000)} (host)`);
    } catch (error) {
      if (!(error instanceof UserError) || interruptSignal.aborted) throw error;
      measured.failed.push(`${name}: ${[error.message, error.hint].filter(Boolean).join('\n')}`);
      progress.line(`FAILED ${name}: ${error.message}`);
    }
  }
  return measured;
}

async function entryOf(measurement: Measurement, values: Entry['values']): Promise<Entry> {
  const date = new Date().toISOString().slice(0, 10);
  const of = await originOf(measurement);
  return { commands: sourceText(measurement), label: measurement.label, date, values, of };
}

// The documents with what is wrong in them.
export interface Documents {
  texts: ReadonlyMap<string, string>;
  /** Numbers that were put right in these texts. */
  changed: Wrong[];
  /** What a person has to put right. */
  problems: Wrong[];
}

// All documents with the numbers of the store in them; writes nothing.
export async function renewDocuments(store: Store): Promise<Documents> {
  return renewTexts(await readDocuments(), places, claims, knownOf(store));
}

// The same for any texts.
export function renewTexts(
  before: ReadonlyMap<string, string>,
  all: readonly Place[],
  said: readonly Claim[],
  known: Known,
): Documents {
  const texts = new Map<string, string>();
  const [changed, problems]: [Wrong[], Wrong[]] = [[], []];
  for (const [document, text] of before) {
    const isHere = ({ document: other }: Place) => other === document;
    const now = renewed(text, all.filter(isHere), known);
    texts.set(document, now.text);
    changed.push(...now.changed);
    problems.push(...now.lost, ...untrue(now.text, said.filter(isHere), known));
  }
  return { texts, changed, problems };
}

async function readDocuments(): Promise<Map<string, string>> {
  const names = new Set([...places, ...claims].map(({ document }) => document));
  const texts = new Map<string, string>();
  for (const name of names) texts.set(name, await readFile(path.join(rootDir, name), 'utf8'));
  return texts;
}

// Writes the documents that changed.
export async function writeDocuments({ texts, changed }: Documents): Promise<void> {
  const names = new Set(changed.map(({ document }) => document));
  for (const [name, text] of texts) {
    if (names.has(name)) await writeFileAtomic(path.join(rootDir, name), text);
  }
}

// A line for each measurement: how it stands, and what makes it.
export function listText(all: readonly Standing[]): string {
  const width = Math.max(...all.map(({ measurement }) => measurement.name.length));
  return all
    .map(({ measurement, entry, fresh }) => {
      const state = entry === undefined ? 'none' : fresh ? 'fresh' : 'stale';
      const { name, label, cost } = measurement;
      const about = `${entry?.date ?? '-'}, ${label}, ${cost}: ${sourceText(measurement)}`;
      return `${state}  ${name.padEnd(width)}  ${about}`;
    })
    .join('\n');
}
