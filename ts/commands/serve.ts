// `npm run serve`: a model for the clients of OpenAI's completions, on this machine.
import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { buildTarget } from '../build/build.ts';
import { findTarget, groupsOfTargets } from '../build/targets.ts';
import { bundledModel } from '../bundled/bundled.ts';
import { ApiError } from '../serve/api_error.ts';
import { createApi } from '../serve/server.ts';
import { Writers } from '../serve/writers.ts';
import { modelFile } from '../stories/text.ts';
import { numberIn } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { endAfterAnswers, LOOPBACK, listen, PORTS, untilInterrupted } from '../support/http.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { displayPath } from '../support/paths.ts';
import { createProgress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';

interface ServeOptions {
  model: string;
  host: string;
  port: number;
  threads: number;
  queue: number;
  maxTokens: number;
  maxSeconds: number;
  maxBody: number;
}

const PORT = 8080;
const THREADS = Math.min(4, availableParallelism());
// In which a request must have come.
const TRANSFER_SECONDS = 15;
// In which those that are connected at the end must have taken their answers.
const LAST_SECONDS = 2;

// The library as WebAssembly, which Node runs too.
const TARGET = 'page-simd';

// Adds the command to the program.
export function registerServe(program: Command): void {
  program
    .command('serve')
    .description("serve a model to any client of OpenAI's completions")
    .option('--model <file>', 'a checkpoint or an exported model', displayPath(bundledModel))
    .option('--host <address>', 'where it listens; others reach it there', LOOPBACK)
    .option('--port <n>', 'the port', numberIn(PORTS), PORT)
    .option('--threads <n>', 'texts that are written at once', numberIn([1, 64]), THREADS)
    .option('--queue <n>', 'requests that may wait; others get 429', numberIn([0, 10_000]), 32)
    .option('--max-tokens <n>', 'most that one may ask for', numberIn([1, 2 ** 24]), 2048)
    .option('--max-seconds <n>', 'that one text may take', numberIn([1, 86_400]), 60)
    .option('--max-body <bytes>', 'of one request', numberIn([256, 2 ** 26]), 65_536)
    .action(serve);
}

// Serves until Ctrl-C; what is not answered by then is refused.
async function serve(options: ServeOptions): Promise<void> {
  const file = await modelFile(options.model);
  const model = await readFile(file);
  await provide(groupsOfTargets([findTarget(TARGET)]));
  const writers = await startWriters(model, options);
  try {
    const name = path.parse(file).name;
    const settings = { model: name, ...(await settingsOf(file, options)) };
    const server = createApi(writers, settings, interruptSignal);
    const url = await listen(server, options, 'npm run serve --');
    console.log(`${url}v1 serves the model ${name} (Ctrl-C ends it)`);
    await untilInterrupted();
    await endAfterAnswers(server, LAST_SECONDS);
  } finally {
    await writers.close();
  }
}

async function settingsOf(file: string, { maxTokens, maxBody }: ServeOptions) {
  const created = Math.floor((await stat(file)).mtimeMs / 1000);
  return { created, maxTokens, maxBodyBytes: maxBody, transferSeconds: TRANSFER_SECONDS };
}

async function startWriters(
  model: Buffer,
  { threads, queue, maxSeconds: seconds }: ServeOptions,
): Promise<Writers> {
  const progress = createProgress();
  const onStep = (_: string, step: string) => progress.update(`building: ${step}`, 'building');
  const { program } = await buildTarget(findTarget(TARGET), { onStep });
  progress.clear();
  const module = new WebAssembly.Module(await readFile(program));
  const writers = new Writers({ module, model }, { threads, queue, seconds });
  try {
    await writers.ready();
    return writers;
  } catch (error) {
    await writers.close();
    throw error instanceof ApiError ? new UserError(error.message, { exitCode: 2 }) : error;
  }
}
