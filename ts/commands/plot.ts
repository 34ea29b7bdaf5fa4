// `npm run plot`: draws the logs of trainings, finished or running, as one SVG.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { trainingSvg } from '../plots/training.ts';
import { parseTrainingLog, type TrainingLog } from '../program/training_log.ts';
import { errorCode, UserError } from '../support/errors.ts';
import { writeFileAtomic } from '../support/files.ts';
import { displayPath } from '../support/paths.ts';

interface PlotOptions {
  out?: string;
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
    .action(async (logs: string[], options: PlotOptions) => {
      const file = await plot(logs, options);
      console.log(displayPath(file));
    });
}

// Writes the picture and gives its place.
export async function plot(files: readonly string[], { out }: PlotOptions): Promise<string> {
  const logs: TrainingLog[] = [];
  for (const file of files) logs.push(await readLog(file));
  const picture = placeOf(files, out);
  if (files.some((file) => path.resolve(file) === picture)) {
    throw new UserError(`${displayPath(picture)} is a log; give --out another place`, {
      exitCode: 2,
    });
  }
  await writePicture(picture, trainingSvg(logs));
  return picture;
}

function placeOf([first = '']: readonly string[], out: string | undefined): string {
  if (out === undefined)
    return path.resolve(`${first.slice(0, -path.extname(first).length || undefined)}.svg`);
  return path.resolve(out.endsWith('.svg') ? out : path.join(out, PICTURE));
}

async function readLog(file: string): Promise<TrainingLog> {
  const name = displayPath(path.resolve(file));
  try {
    return parseTrainingLog(await readFile(file, 'utf8'), name);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw unusable(`cannot read the log ${name}`, error);
  }
}

async function writePicture(file: string, svg: string): Promise<void> {
  try {
    await writeFileAtomic(file, svg);
  } catch (error) {
    throw unusable(`cannot write ${displayPath(file)}`, error);
  }
}

function unusable(what: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  const why = code === 'ENOENT' ? 'there is none' : code === 'EISDIR' ? 'it is a folder' : code;
  return new UserError(`${what}: ${why}`, { exitCode: 2 });
}
