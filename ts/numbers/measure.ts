// Makes a measurement: runs its commands, reads what they print.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { rootDir } from '../support/paths.ts';
import { withScratch } from '../support/scratch.ts';
import {
  commandText,
  type Measurement,
  type Output,
  type Step,
  type Values,
} from './measurement.ts';

// The values of a measurement, made now; `onLine` hears what its commands say meanwhile.
export async function measure(
  { name, steps, given = {}, read }: Measurement,
  onLine: (line: string) => void = () => {},
): Promise<Values> {
  return withScratch('numbers', async (folder) => {
    for (const [file, text] of Object.entries(given))
      await writeFile(path.join(folder, file), text);
    const outputs: Output[] = [];
    for (const step of steps) outputs.push(await carryOut(step, folder, onLine));
    const values = read(outputs, (file) => readFileSync(path.join(rootDir, file), 'utf8'));
    return checked(name, values);
  });
}

async function carryOut(step: Step, folder: string, onLine: (line: string) => void) {
  const words = step.words.map((word) => word.replace(/^OUT\b/, folder));
  const [command, ...args] = [...(await startOf(step)), ...words];
  const what = commandText(step);
  return exec(command, args, { cwd: rootDir, what, onStderr: onLine });
}

async function startOf(step: Step): Promise<[string, ...string[]]> {
  switch (step.by) {
    case 'program':
      return [(await buildTarget(findTarget(step.build))).program];
    case 'driver':
      return [process.execPath, path.join(rootDir, 'scripts', 'legacy-llm.mjs')];
    case 'node':
      return [process.execPath];
  }
}

// Throws where a number was not found in the output.
function checked(name: string, values: Values): Values {
  const missing = Object.entries(values).find(
    ([, value]) => value === '' || (typeof value === 'number' && !Number.isFinite(value)),
  );
  if (!missing && Object.keys(values).length > 0) return values;
  throw new UserError(`${name} gave no ${missing?.[0] ?? 'number'}`, {
    hint: 'What its command prints is read in ts/numbers/read.ts and measurements.ts.',
  });
}

// How values differ from those before, in words; what the machine decides may differ a little.
export function differences(
  { varies = {} }: Measurement,
  before: Values | undefined,
  now: Values,
): string[] {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(now)])];
  return names.flatMap((name) => {
    const [was, is] = [before?.[name], now[name]];
    const part = typeof varies === 'number' ? varies : (varies[name] ?? 0);
    if (was === is || isNear(was, is, part)) return [];
    return [`${name} was ${was ?? 'not there'}, is ${is ?? 'not there'}`];
  });
}

function isNear(was: unknown, is: unknown, part: number): boolean {
  if (part === Number.POSITIVE_INFINITY) return was !== undefined && is !== undefined;
  if (typeof was !== 'number' || typeof is !== 'number') return false;
  return Math.abs(is - was) <= Math.abs(was) * part;
}
