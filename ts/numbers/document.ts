// Numbers in a document: finds the places where they stand, says which are wrong, puts them right.
// The document itself has no marks. A place is the words around its numbers.
import { formats } from './formats.ts';
import type { Values } from './measurement.ts';

// Words with holes for numbers, as "peak {emu-train.peak_bytes:kB}": measurement, value, format.
// Between words there may be any space, also the end of a line.
export interface Place {
  document: string;
  words: string;
}

// Words that are true while a value lies between two numbers.
export interface Claim extends Place {
  of: string;
  from: number;
  to: number;
}

// What was measured, by the name of the measurement.
export type Known = ReadonlyMap<string, Values>;

// A hole in words.
export interface Hole {
  measurement: string;
  value: string;
  format: string;
}

const HOLE = /\{([\w-]+)\.([^:{}]+):(\w+)\}/;

// The parts of words: texts and holes, in turn, a text first and last.
export function partsOf(words: string): { texts: string[]; holes: Hole[] } {
  const pieces = words.split(new RegExp(HOLE, 'g'));
  const texts: string[] = [];
  const holes: Hole[] = [];
  for (let at = 0; at < pieces.length; at += 4) {
    texts.push(pieces[at] ?? '');
    const [measurement, value, format] = pieces.slice(at + 1, at + 4);
    if (measurement && value && format) holes.push({ measurement, value, format });
  }
  return { texts, holes };
}

// A number that stands somewhere else than it should, or cannot be found.
export interface Wrong {
  document: string;
  /** In words. */
  what: string;
}

// The document with every number as it was measured, and what could not be put right.
export function renewed(
  text: string,
  places: readonly Place[],
  known: Known,
): { text: string; changed: Wrong[]; lost: Wrong[] } {
  const [changed, lost]: [Wrong[], Wrong[]] = [[], []];
  let now = text;
  for (const place of places) {
    const match = onlyMatch(now, place.words);
    if (typeof match === 'string') {
      lost.push({ document: place.document, what: match });
      continue;
    }
    const { holes } = partsOf(place.words);
    for (const [at, hole] of [...holes.entries()].reverse()) {
      const [from = 0, to = 0] = match.indices?.[at + 1] ?? [];
      const [before, wanted] = [now.slice(from, to), textOf(hole, known)];
      if (wanted === undefined) {
        lost.push({ document: place.document, what: `${nameOf(hole)} was never measured` });
      } else if (before !== wanted) {
        const line = now.slice(0, from).split('\n').length;
        const what = `line ${line} says ${before}, measured is ${wanted} (${nameOf(hole)})`;
        changed.push({ document: place.document, what });
        now = now.slice(0, from) + wanted + now.slice(to);
      }
    }
  }
  return { text: now, changed, lost };
}

// The claims of a document that do not hold, or whose words are gone.
export function untrue(text: string, claims: readonly Claim[], known: Known): Wrong[] {
  return claims.flatMap(({ document, words, of, from, to }) => {
    const match = onlyMatch(text, words);
    if (typeof match === 'string') return [{ document, what: match }];
    const [, measurement = '', name = ''] = /^([\w-]+)\.(.+)$/.exec(of) ?? [];
    const value = known.get(measurement)?.[name];
    if (typeof value === 'number' && value >= from && value <= to) return [];
    return [{ document, what: `"${words}" is no longer true: ${of} is ${value}` }];
  });
}

function nameOf({ measurement, value }: Hole): string {
  return `${value} of ${measurement}`;
}

function textOf({ measurement, value, format }: Hole, known: Known): string | undefined {
  const found = known.get(measurement)?.[value];
  return found === undefined ? undefined : formats[format]?.text(found);
}

// Where the words stand in a text: once, or a sentence that says otherwise.
function onlyMatch(text: string, words: string): RegExpExecArray | string {
  const matches = [...text.matchAll(patternOf(words))];
  const [match] = matches;
  if (match && matches.length === 1) return match;
  const shown = words.replaceAll(new RegExp(HOLE, 'g'), '…').replaceAll(/\s+/g, ' ');
  const what = match ? `stand there ${matches.length} times` : 'are not there';
  return `the words "${shown}" ${what}: put them right, or their row in ts/numbers/places.ts`;
}

function patternOf(words: string): RegExp {
  const { texts, holes } = partsOf(words);
  const pieces = texts.map((text, at) => {
    const hole = holes[at];
    const pattern = hole && formats[hole.format]?.pattern;
    return literal(text) + (pattern === undefined ? '' : `(${pattern})`);
  });
  return new RegExp(pieces.join(''), 'gd');
}

function literal(text: string): string {
  const escaped = text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return escaped.replaceAll(/\s+/g, String.raw`\s+`);
}
