// `legacy-llm parity`: trains, evaluates and generates on every build and proves equal bits.
import type { Command } from 'commander';
import { checkParity, differencesOf, type ParityResult } from '../parity/parity.ts';
import { checkShape, type ShapeSettings, type TrainSettings } from '../program/train_options.ts';
import { chooseRunners, groupsOfRunners, runners } from '../runs/runners.ts';
import { sampleText, textFile } from '../stories/text.ts';
import { namesOf, parseCount } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { createProgress, formatSeconds } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import { addTrainOptions, withDefaults } from './train_options.ts';

interface ParityOptions extends TrainSettings {
  text: string;
  tokens: number;
  only?: string[];
  json?: boolean;
}

const DEFAULTS: ShapeSettings = {
  steps: 40,
  layers: 2,
  heads: 4,
  dim: 48,
  context: 32,
  batch: 4,
};

// Adds the command to the program.
export function registerParity(program: Command): void {
  const command = program
    .command('parity')
    .description('train, evaluate and generate on every build and compare all by SHA-256')
    .option('--text <file>', 'text to train on', sampleText)
    .option('--tokens <n>', 'tokens to generate', parseCount, 200)
    .option('--only <runners>', `compare the reference with: ${names()}`, namesOf('a runner'))
    .option('--json', 'print the result as one JSON object');
  addTrainOptions(command, DEFAULTS).action(parity);
}

async function parity(options: ParityOptions): Promise<void> {
  const chosen = chooseRunners(options.only);
  const settings = withDefaults(options, DEFAULTS);
  checkShape(settings);
  const text = await textFile(options.text);
  await provide(groupsOfRunners(chosen));
  const progress = createProgress();
  const scenario = {
    settings,
    text,
    tokens: options.tokens,
  };
  progress.update(`running ${chosen.length} builds`, 'start');
  const result = await checkParity(scenario, chosen, ({ runner, hostSeconds }) =>
    progress.line(`${runner.name} done in ${formatSeconds(hostSeconds)} (host)`),
  ).finally(() => progress.clear());
  console.log(options.json ? JSON.stringify(result) : parityText(result));
  if (!result.equal) throw parityError(result);
  if (options.only && result.notRun.length > 0) throw notComparedError(result);
}

// The table for people.
export function parityText({ rows, equal, notRun }: ParityResult): string {
  const width = Math.max(...[...rows, ...notRun].map(({ runner }) => runner.length));
  const kinds = ['checkpoint', 'log', 'evaluation', 'story'] as const;
  const line = (cells: readonly string[]) => cells.join('  ').trimEnd();
  const head = line(['build'.padEnd(width), ...kinds.map((kind) => kind.padEnd(12))]);
  const body = rows.map((row) =>
    line([
      row.runner.padEnd(width),
      ...kinds.map((kind) => (row.hashes[kind] ?? '').slice(0, 12).padEnd(12)),
      row.differing.length > 0 ? `DIFFERENT: ${row.first}` : '',
    ]),
  );
  const sum = rows[0]?.hashes.checkpoint ?? '';
  const absent = notRun.map(({ runner, why }) =>
    line([runner.padEnd(width), `not run here: ${why}`]),
  );
  const verdict = equal ? [`one checkpoint over ${rows.length} builds, SHA-256 ${sum}`] : [];
  return [head, ...body, ...absent, ...verdict].join('\n');
}

function parityError(result: ParityResult): UserError {
  return new UserError('not all builds made the same bits', {
    hint: differencesOf(result).join('\n'),
  });
}

// Of runners that were asked for by name.
function notComparedError({ notRun }: ParityResult): UserError {
  return new UserError('not all builds that --only names were compared', {
    hint: notRun.map(({ runner, why }) => `${runner}: ${why}`).join('\n'),
  });
}

function names(): string {
  return runners
    .slice(1)
    .map(({ name }) => name)
    .join(', ');
}
