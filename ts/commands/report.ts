// `npm run report`: trains and generates on every build, times and counts all of it, and writes a
// page, tables and raw numbers.
import path from 'node:path';
import { type Command, Option } from 'commander';
import { checkFolder } from '../../scripts/output.mjs';
import { limits, type Preset, presets } from '../program/train_options.ts';
import { readReport } from '../report/against.ts';
import { problemsOf } from '../report/checks.ts';
import type { ReportData } from '../report/data.ts';
import { measure } from '../report/measure.ts';
import { modelledLevel } from '../report/measure_cycles.ts';
import { DEFAULTS } from '../report/scenario.ts';
import { writeReport } from '../report/write.ts';
import { chooseRunners, groupsOfRunners, runners } from '../runs/runners.ts';
import { sampleText, textFile } from '../stories/text.ts';
import { namesOf, numberIn, parseCount } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { displayPath, rootDir } from '../support/paths.ts';
import { createProgress, type Progress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import { quoted } from '../support/shell.ts';

// The options of the command.
export interface ReportOptions {
  text: string;
  preset: Preset;
  steps: number;
  tokens: number;
  runs: number;
  only?: string[];
  out: string;
  against?: string;
}

const outFolder = displayPath(path.join(rootDir, 'reports'));

// Adds the command to the program.
export function registerReport(program: Command): void {
  const names = runners.filter(({ hidden }) => !hidden).map(({ name }) => name);
  program
    .command('report')
    .description('measure every build, here and in the emulated laptops, and write a report')
    .option('--text <file>', 'text to train on', sampleText)
    .addOption(
      new Option('--preset <name>', 'the shape to train').choices(presets).default(DEFAULTS.preset),
    )
    .option('--steps <n>', 'training steps', numberIn(limits.steps), DEFAULTS.steps)
    .option('--tokens <n>', 'characters to generate', parseCount, DEFAULTS.tokens)
    .option('--runs <n>', 'how often each timing is repeated', parseCount, DEFAULTS.runs)
    .option(
      '--only <runners>',
      `measure only these (the first of the list is always measured): ${names.join(', ')}`,
      namesOf('a runner'),
    )
    .option('--out <folder>', 'where the folder of this report goes', outFolder)
    .option('--against <file>', 'an earlier report.json to compare with')
    .action(async (options: ReportOptions) => void (await report(options)));
}

// Measures, writes, prints where; throws when bits differ or a part failed.
export async function report(
  options: ReportOptions,
  print: (text: string) => void = console.log,
  progress: Progress = createProgress(),
): Promise<ReportData> {
  const chosen = chooseRunners(options.only);
  const before = options.against === undefined ? undefined : await readReport(options.against);
  const text = await textFile(options.text);
  await checkFolder(path.resolve(options.out), '--out');
  const isModelled = chosen.some(({ target, machine }) => modelledLevel(target, machine));
  await provide([...groupsOfRunners(chosen), ...(isModelled ? (['valgrind'] as const) : [])]);
  const { preset, steps, tokens, runs } = options;
  const settings = { settings: { preset, steps, seed: DEFAULTS.seed }, text, tokens, runs };
  try {
    const data = await measure(settings, chosen, commandText(options), progress);
    const files = await writeReport(options.out, data, before);
    progress.clear();
    print(files.map((file) => displayPath(file)).join('\n'));
    const problems = problemsOf(data);
    if (problems.length > 0) throw failed(problems);
    return data;
  } finally {
    progress.clear();
  }
}

function failed(problems: readonly string[]): UserError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new UserError(`the report has ${count}`, { hint: problems.join('\n') });
}

// The command line that these options stand for, with every default spelt out.
function commandText({ only, against, text, ...rest }: ReportOptions): string {
  const { preset, steps, tokens, runs, out } = rest;
  const words = { text: displayPath(text), preset, steps, tokens, runs, out: displayPath(out) };
  const given = { ...words, ...(only && { only: only.join(',') }), ...(against && { against }) };
  const args = Object.entries(given).map(([name, value]) => `--${name} ${quoted(String(value))}`);
  return ['npx legacy-llm report', ...args].join(' ');
}
