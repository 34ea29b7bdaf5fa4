// docs/numbers.json: what was measured, when, and of what.
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { readTextIfThere, writeFileAtomic } from '../support/files.ts';
import { displayPath, rootDir } from '../support/paths.ts';
import type { Known } from './document.ts';
import type { Origin } from './freshness.ts';
import type { Label, Values } from './measurement.ts';

// The numbers of one measurement.
export interface Entry {
  /** As people type them. */
  commands: string;
  label: Label;
  date: string;
  values: Values;
  /** Nothing where that was not kept. */
  of?: Origin;
}

// By the name of the measurement.
export type Store = Readonly<Record<string, Entry>>;

const FILE = path.join(rootDir, 'docs', 'numbers.json');

// All that is stored.
export async function readStore(file = FILE): Promise<Store> {
  const text = await readTextIfThere(file);
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Store;
  } catch {
    throw new UserError(`${displayPath(file)} is not JSON`, {
      hint: 'Take the committed one: git checkout docs/numbers.json',
    });
  }
}

// Writes all, in the order of the names.
export async function writeStore(store: Store, file = FILE): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(store).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFileAtomic(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

// The values alone.
export function knownOf(store: Store): Known {
  return new Map(Object.entries(store).map(([name, { values }]) => [name, values]));
}
