// `legacy-llm big-text`: a text that is many times larger than the memory that its training takes.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { builtProgram } from '../build/program.ts';
import { tokenizers } from '../program/checkpoint_layout.ts';
import { limits } from '../program/train_options.ts';
import { type BigTextResult, type LimitedRun, trainBigText } from '../robustness/big_text.ts';
import { numberIn, smallCount } from '../support/arguments.ts';
import { createProgress, formatSeconds } from '../support/progress.ts';
import { withScratch } from '../support/scratch.ts';
import { provide } from '../support/setup.ts';

interface BigTextOptions {
  size: string;
  steps: number;
  limit: number;
  textRam: string;
  tokenizer: string;
}

// Adds the command to the program.
export function registerBigText(program: Command): void {
  program
    .command('big-text')
    .description(
      'train on a text that is larger than the memory limit (ulimit -v), and resume;\n' +
        'prints the size of the text, the planned memory and the measured peak',
    )
    .option('--size <size>', 'size of the text, which is generated', size, '200MB')
    .option(
      '--steps <n>',
      'training steps; it stops halfway and resumes',
      numberIn(limits.steps),
      20,
    )
    .option('--limit <kB>', 'limit of the address space, in kB', smallCount, 65536)
    .option('--text-ram <size>', 'bytes of tokens that may stay in memory', size, '1MB')
    .addOption(
      new Option('--tokenizer <kind>', 'how text becomes tokens')
        .choices(tokenizers)
        .default('chars'),
    )
    .action(bigText);
}

function size(text: string): string {
  if (!/^[1-9]\d{0,8}(KB|MB)$/.test(text))
    throw new InvalidArgumentError('Give a size such as 200MB.');
  return text;
}

async function bigText({ limit, tokenizer, ...options }: BigTextOptions): Promise<void> {
  await provide(['host']);
  const progress = createProgress();
  try {
    const program = (await builtProgram('host', progress)).command[0];
    const result = await withScratch('big-text', (folder) => {
      const settings = { ...options, program, folder, limit, options: ['--tokenizer', tokenizer] };
      return trainBigText(settings, progress);
    });
    progress.clear();
    console.log(resultText(result, limit));
  } finally {
    progress.clear();
  }
}

function resultText({ textBytes, runs, sha256 }: BigTextResult, limit: number): string {
  const bytes = (count: number) => count.toLocaleString('en').padStart(13);
  const run = ({ plan, end, seconds }: LimitedRun) => [
    `to step ${end.steps}, ${formatSeconds(seconds)}`,
    `  planned ${bytes(plan.total_bytes)} bytes, ${plan.arena_bytes} in the arena`,
    `  peak    ${bytes(end.peak_bytes)} bytes`,
  ];
  return [
    `text      ${bytes(textBytes)} bytes`,
    `limit     ${bytes(limit * 1024)} bytes of address space`,
    ...runs.flatMap(run),
    `checkpoint SHA-256 ${sha256}`,
  ].join('\n');
}
