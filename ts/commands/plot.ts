// `npm run plot`: draws the logs of trainings, finished or running, as one SVG.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { checkOutputs, isStandardOutput, placeOf } from '../../scripts/output.mjs';
import { isOurPicture } from '../plots/pictures.ts';
import { trainingSvg } from '../plots/training.ts';
import { parseTrainingLog, type TrainingLog } from '../program/training_log.ts';
import { errorCode, reasonOf, UserError } from '../support/errors.ts';
import { writeFileAtomic } from '../support/files.ts';
import { displayPath } from '../support/paths.ts';

interface PlotOptions {
  out?: string;
  force?: boolean;
}

// The name of the picture in a folder that --out names.
const PICTURE = 'training.svg';

// Adds the command to the program.
export function registerPlot(program: Command): void {
  program
    .command('plot')
    .description('draw the logs of trainings (train --log FILE), JSON lines or CSV, as one SVG')
    .argument('<logs...>', 'logs, also of trainings that still run')
    .option(
      '--out <place>',
      `a file.svg, or a folder for ${PICTURE} (default: beside the first log)`,
    )
    .option('--force', 'write over a file that is no picture of ours')
    .action(async (logs: string[], options: PlotOptions) => {
      const file = await plot(logs, options);
      if (!(await isStandardOutput(file))) console.log(displayPath(file));
    });
}

// Writes the picture and gives its place.
export async function plot(files: readonly string[], options: PlotOptions): Promise<string> {
  const picture = await placeOfPicture(files, options.out);
  const inputs = files.map((file) => ({ path: file, option: 'the log' }));
  const beside = options.out === undefined;
  const { force = false } = options;
  const output = { path: picture, option: '--out', beside, force, isOurs: isOurPicture };
  await checkOutputs([output], inputs);
  const logs: TrainingLog[] = [];
  for (const file of files) logs.push(await readLog(file));
  await writeFileAtomic(picture, trainingSvg(logs));
  return picture;
}

async function placeOfPicture(
  [first = '']: readonly string[],
  out: string | undefined,
): Promise<string> {
  if (out === undefined)
    return path.resolve(`${first.slice(0, -path.extname(first).length || undefined)}.svg`);
  const { kind, there } = await placeOf(out);
  const isFile = out.endsWith('.svg') || (there && kind !== 'folder');
  return path.resolve(isFile ? out : path.join(out, PICTURE));
}

async function readLog(file: string): Promise<TrainingLog> {
  const name = displayPath(path.resolve(file));
  try {
    return parseTrainingLog(await readFile(file, 'utf8'), name);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = errorCode(error) === 'ENOENT' ? 'there is none' : reasonOf(error);
    throw new UserError(`cannot read the log ${name}: ${why}`, { exitCode: 2 });
  }
}
