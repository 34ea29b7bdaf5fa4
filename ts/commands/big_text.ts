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
      'train on a text that is larger than the memory limit (ulimit -v), and resume;\n' +
        'prints the size of the text, the planned memory and the measured peak',
    )
    .option('--size <size>', 'size of the text, which is generated', size, '200MB')
    .option('--steps <n>', 'training steps; it stops halfway and resumes', smallCount, 20)
    .option('--limit <kB>', 'limit of the address space, in kB', smallCount, 65536)
    .option('--text-ram <size>', 'bytes of tokens that may stay in memory', size, '1MB')
    .option('--tokenizer <kind>', 'how text becomes tokens: chars, bytes or bpe', 'chars')
    .action(bigText);
}

function size(text: string): string {
  if (!/^[1-9]\d{0,8}(KB|MB)$/.test(text))
    throw new InvalidArgumentError('Give a size such as 200MB.');
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
