// `legacy-llm big-text`: a text that is many times larger than the memory that its training takes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { builtProgram } from '../build/program.ts';
import { trainBigText } from '../robustness/big_text.ts';
import { smallCount } from '../support/arguments.ts';
import { createProgress, formatSeconds } from '../support/progress.ts';

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
      'train on a text that is larger than the memory allowed (ulimit -v), stop, resume;\n' +
        'prints the text, the memory that was planned, and the peak that was measured',
    )
    .option('--size <size>', 'of the text, which is made for it', size, '200MB')
    .option('--steps <n>', 'of the training; it stops in the middle and resumes', smallCount, 20)
    .option('--limit <kB>', 'of address space', smallCount, 65536)
    .option('--text-ram <size>', 'tokens that may be in memory', size, '1MB')
    .option('--tokenizer <kind>', 'chars, bytes or bpe', 'chars')
    .action(bigText);
}

function size(text: string): string {
  if (!/^[1-9]\d{0,8}(KB|MB)$/.test(text)) throw new InvalidArgumentError('Give a size: 200MB.');
  return text;
}

async function bigText({ limit, tokenizer, ...options }: BigTextOptions): Promise<void> {
  const progress = createProgress();
  const folder = mkdtempSync(path.join(tmpdir(), 'legacy-llm-big-text-'));
  try {
    const program = (await builtProgram('host', progress)).command[0];
    const settings = { ...options, program, folder, limit, options: ['--tokenizer', tokenizer] };
    const { textBytes, runs, sha256 } = await trainBigText(settings, progress);
    progress.clear();
    const bytes = (count: number) => count.toLocaleString('en').padStart(13);
    console.log(`text      ${bytes(textBytes)} bytes`);
    console.log(`limit     ${bytes(limit * 1024)} bytes of address space`);
    for (const { plan, end, seconds } of runs) {
      console.log(`to step ${end.steps}, ${formatSeconds(seconds)}`);
      console.log(`  planned ${bytes(plan.total_bytes)} bytes, ${plan.arena_bytes} in the arena`);
      console.log(`  peak    ${bytes(end.peak_bytes)} bytes`);
    }
    console.log(`checkpoint SHA-256 ${sha256}`);
  } finally {
    progress.clear();
    rmSync(folder, { recursive: true, force: true });
  }
}
