// The journal of a sweep: a line of JSON for each thing that is known, added at the end and synced. It
// is all that a sweep needs to go on, on any machine that has the folder. What a kill or a full disk
// left of a line is cut off by the next one who writes.
import { open } from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../../scripts/lock.mjs';
import { UserError } from '../support/errors.ts';
import { readTextIfThere } from '../support/files.ts';
import { sha256Json } from '../support/hash.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { parseObject } from '../support/json.ts';
import { displayPath } from '../support/paths.ts';
import type { Measures } from './metric.ts';
import type { Outcome, Trial } from './search.ts';
import type { Setting } from './space.ts';

// What the results depend on: the first line. A sweep with others has a folder of its own.
export interface SweepLine {
  event: 'sweep';
  sweep: string;
  text: string;
  program: string;
}

// A job that another scheduler has asked for.
export interface AskedLine {
  event: 'asked';
  trial: number;
  rung: number;
}

// What came of a job: the trial up to the end of a rung.
export interface OutcomeLine {
  event: 'outcome';
  trial: number;
  rung: number;
  setting: Setting;
  /** Steps of the whole trial, and how far it is. */
  steps: number;
  step: number;
  /** The metric; nothing where the trial failed. */
  value?: number;
  failed?: string;
  measures?: Measures;
  /** Memory of the training without the program, bytes of the exported model without its counts, and
   * how many weights there are. */
  ram_bytes?: number;
  file_bytes?: number;
  parameters?: number;
  tokens_per_step?: number;
  /** Modelled, with misses, where the budget or --cycles asks for it. */
  cycles_per_step?: number;
}

// Any line.
export type JournalLine = SweepLine | AskedLine | OutcomeLine;

// What a journal holds.
export interface Known {
  head?: SweepLine;
  asked: readonly AskedLine[];
  outcomes: readonly OutcomeLine[];
}

// The journal in a folder of results.
export interface Journal {
  file: string;
  /** Whether its folder is that of a sweep. */
  isBegun(): Promise<boolean>;
  read(): Promise<Known>;
  /** Adds a line; an outcome that is known already stays as it was. */
  add(line: AskedLine | OutcomeLine): Promise<void>;
  /** Begins it, or finds that it belongs to the same sweep, text and program. */
  begin(head: SweepLine): Promise<void>;
}

// The journal of the folder, which is there.
export function openJournal(folder: string): Journal {
  const file = path.join(folder, 'journal.jsonl');
  const lock = path.join(folder, 'journal.lock');
  const alone = <T>(work: () => Promise<T>) => withLock(lock, work, undefined, interruptSignal);
  const read = async () => knownOf((await readTextIfThere(file)) ?? '', file);
  return {
    file,
    isBegun: async () => (await readTextIfThere(file))?.startsWith('{"event":"sweep"') ?? false,
    read,
    add: (line) =>
      alone(async () => {
        if (!isKnown(line, await read())) await append(file, line);
      }),
    begin: (head) =>
      alone(async () => {
        const { head: before } = await read();
        if (before) checkSame(before, head, file);
        else await append(file, head);
      }),
  };
}

// The outcomes as a search wants them.
export function outcomesOf({ outcomes }: Known): Outcome[] {
  return outcomes.map(({ trial, rung, value }) => ({ trial, rung, value }));
}

// Throws where a trial of the journal has another setting than the search gives it: then another
// version of this driver searched.
export function checkTrials({ outcomes }: Known, trials: readonly Trial[], file: string): void {
  for (const { trial, setting } of outcomes) {
    const found = trials.find((each) => each.trial === trial);
    if (found && sha256Json(found.setting) === sha256Json(setting)) continue;
    throw new UserError(`${displayPath(file)}: trial ${trial} is not of this search`, {
      hint: 'It was made by another version. Give --out another folder, or --force to forget it.',
    });
  }
}

// Adds a line after the last whole one, and syncs.
async function append(file: string, line: JournalLine): Promise<void> {
  const handle = await open(file, 'a+');
  try {
    const text = await handle.readFile();
    const whole = text.lastIndexOf(0x0a) + 1;
    if (whole < text.length) await handle.truncate(whole);
    await handle.appendFile(`${JSON.stringify(line)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function knownOf(text: string, file: string): Known {
  const asked: AskedLine[] = [];
  const outcomes: OutcomeLine[] = [];
  let head: SweepLine | undefined;
  const lines = text.split('\n').slice(0, -1); // what follows the last newline is being written
  for (const [index, written] of lines.entries()) {
    const line = lineOf(written);
    if (!line || (index === 0) !== (line.event === 'sweep')) throw damaged(file, index + 1);
    if (line.event === 'sweep') head = line;
    else if (line.event === 'asked') asked.push(line);
    else outcomes.push(line);
  }
  return { ...(head && { head }), asked, outcomes };
}

function lineOf(text: string): JournalLine | undefined {
  const fields = parseObject(text);
  const words = (...names: string[]) => names.every((name) => typeof fields?.[name] === 'string');
  const counts = (...names: string[]) =>
    names.every((name) => Number.isInteger(fields?.[name]) && Number(fields?.[name]) >= 0);
  const { event, setting, value, failed } = fields ?? {};
  const good =
    (event === 'sweep' && words('sweep', 'text', 'program')) ||
    (event === 'asked' && counts('trial', 'rung')) ||
    (event === 'outcome' &&
      counts('trial', 'rung', 'step', 'steps') &&
      typeof setting === 'object' &&
      (typeof value === 'number') !== (typeof failed === 'string'));
  return good ? (fields as unknown as JournalLine) : undefined;
}

function damaged(file: string, line: number): UserError {
  return new UserError(`${displayPath(file)} is not the journal of a sweep: line ${line}`, {
    hint: 'Mend the line, remove it and those that follow, or give --out another folder.',
  });
}

function isKnown(line: AskedLine | OutcomeLine, { asked, outcomes }: Known): boolean {
  const among = line.event === 'asked' ? asked : outcomes;
  return among.some((each) => isSameJob(each, line));
}

// What tells a job from others.
type JobName = Pick<AskedLine, 'trial' | 'rung'>;

// Whether both are of one job.
export function isSameJob(a: JobName, b: JobName): boolean {
  return a.trial === b.trial && a.rung === b.rung;
}

function checkSame(before: SweepLine, now: SweepLine, file: string): void {
  const what = (['sweep', 'text', 'program'] as const).find((key) => before[key] !== now[key]);
  if (what === undefined) return;
  throw new UserError(`${displayPath(file)} was made with another ${what}`, {
    hint: 'Give --out another folder, or --force to forget what is in this one.',
    exitCode: 2,
  });
}
