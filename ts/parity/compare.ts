// Compares what two runs left behind, and names the first place in which they differ.
import { isDeepStrictEqual } from 'node:util';
import { readCheckpoint, type Section } from '../program/checkpoint.ts';
import { sha256 } from '../support/hash.ts';
import { type Evidence, type EvidenceName, evidenceNames } from './scenario.ts';

// SHA-256 of each piece of evidence.
export function hashesOf(evidence: Evidence): Partial<Record<EvidenceName, string>> {
  const present = evidenceNames.flatMap((name) => {
    const data = evidence[name];
    return data ? [[name, sha256(data)] as const] : [];
  });
  return Object.fromEntries(present);
}

// The pieces that are not the same in both, in the order in which a difference would show.
export function differingEvidence(a: Evidence, b: Evidence): EvidenceName[] {
  const [left, right] = [hashesOf(a), hashesOf(b)];
  return evidenceNames.filter((name) => left[name] !== right[name]);
}

// One sentence on the first difference: the step and tensor of the trace, the step of the log, the
// section and value of the checkpoint, or the byte; undefined when all is equal.
export function firstDifference(a: Evidence, b: Evidence): string | undefined {
  const name = differingEvidence(a, b)[0];
  const [left, right] = [name && a[name], name && b[name]];
  if (!name) return undefined;
  if (!left || !right) return `only one of the two left a ${name}`;
  switch (name) {
    case 'trace':
      return traceDifference(left.toString(), right.toString());
    case 'log':
      return lineDifference('log', left.toString(), right.toString());
    case 'checkpoint':
      return checkpointDifference(left, right);
    default:
      return byteDifference(name, left, right);
  }
}

function firstDifferingLine(a: string, b: string): [string, string, number] {
  const [left, right] = [a.split('\n'), b.split('\n')];
  const at = left.findIndex((line, index) => line !== right[index]);
  const line = at < 0 ? left.length : at;
  return [left[line] ?? '(end)', right[line] ?? '(end)', line + 1];
}

// A line of a trace is "step tensor checksum".
function traceDifference(a: string, b: string): string {
  const [left, right, line] = firstDifferingLine(a, b);
  const [step, tensor] = left.split(' ');
  const [otherStep, otherTensor] = right.split(' ');
  if (step !== otherStep || tensor !== otherTensor) {
    return `trace, line ${line}: "${left}" against "${right}"`;
  }
  return `step ${step}, tensor ${tensor} is the first that differs (trace line ${line})`;
}

function lineDifference(name: string, a: string, b: string): string {
  const [left, right, line] = firstDifferingLine(a, b);
  return `${name}, line ${line}: ${left} against ${right}`;
}

function checkpointDifference(a: Buffer, b: Buffer): string {
  const [left, right] = [readCheckpoint(a), readCheckpoint(b)];
  if (!isDeepStrictEqual(left.tokenizer, right.tokenizer)) {
    return 'checkpoint: the tokenizers differ';
  }
  const at = left.sections.findIndex((section, index) => {
    const other = right.sections[index];
    return !other || other.name !== section.name || !equalBytes(section, other);
  });
  const [section, other] = [left.sections[at], right.sections[at]];
  if (!section || !other) return 'checkpoint: the headers differ';
  const value = section.values.findIndex((x, index) => !Object.is(x, other.values[index]));
  const pair = `${section.values[value]} against ${other.values[value]}`;
  return `checkpoint: tensor ${section.name} is the first that differs, value ${value}: ${pair}`;
}

function equalBytes(a: Section, b: Section): boolean {
  return Buffer.compare(a.bytes, b.bytes) === 0;
}

function byteDifference(name: string, a: Buffer, b: Buffer): string {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return `${name}: byte ${at < 0 ? Math.min(a.length, b.length) : at} is the first that differs`;
}
