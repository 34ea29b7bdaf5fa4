// The result of a runner, made of what it left behind.
import { firstDifference, hashesOf } from '../parity/compare.ts';
import type { Evidence } from '../parity/scenario.ts';
import { type EndEvent, lastEvent } from '../program/events.ts';
import type { Runner } from '../runs/runners.ts';
import { UserError } from '../support/errors.ts';
import { halfOf } from './commands.ts';
import { memoryOf } from './counts.ts';
import type { RunnerResult } from './data.ts';
import type { HereResult } from './here.ts';
import type { LaptopResult } from './laptop.ts';
import type { ReportSettings } from './scenario.ts';

type Row = RunnerResult & { evidence: Evidence };

// A runner that did not run, and why.
export function skippedResult(runner: Runner, why: string): RunnerResult {
  const nothing = { difference: null, loss: null, memory: null, timed: null, counted: null };
  return { ...nameOf(runner), skipped: why, hashes: {}, tokens: 0, ...nothing };
}

// A runner of this machine.
export function hereResult(runner: Runner, { evidence, output, timed }: HereResult): Row {
  const end = endOf(output);
  const memory = memoryOf(output, end.peak_bytes);
  return { ...resultOf(runner, evidence, end), memory, timed, counted: null };
}

// A laptop; the peak is what its kernel saw.
export function laptopResult(
  runner: Runner,
  { evidence, train, counts }: LaptopResult,
  settings: ReportSettings,
): Row {
  const end = endOf(train.stdout);
  const half = halfOf(settings);
  const perStep = end.tokens / end.steps;
  const counted = {
    ...counts,
    trainTokens: [end.tokens, perStep * (half.settings.steps ?? 1)] as [number, number],
    generateTokens: [settings.tokens, half.tokens] as [number, number],
  };
  const memory = memoryOf(train.stdout, train.maxRssKb * 1024);
  return { ...resultOf(runner, evidence, end), memory, timed: null, counted };
}

// The result as the report keeps it, compared with the reference.
export function comparedResult({ evidence, ...row }: Row, reference: Evidence): RunnerResult {
  return { ...row, difference: firstDifference(reference, evidence) ?? null };
}

function resultOf(runner: Runner, evidence: Evidence, { loss_first, loss_last, tokens }: EndEvent) {
  return {
    ...nameOf(runner),
    ...{ skipped: null, difference: null, tokens, evidence },
    hashes: hashesOf(evidence),
    loss: { first: loss_first, last: loss_last },
  };
}

function nameOf({ name, target, machine }: Runner) {
  return { runner: name, target, machine: machine ?? null };
}

function endOf(output: string): EndEvent {
  const end = lastEvent(output, 'end');
  if (end) return end;
  throw new UserError('the training printed no "end" line');
}
