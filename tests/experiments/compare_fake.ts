// Compares with the fake program of a folder, as the command line does; for the test of Ctrl-C.
import path from 'node:path';
import { compareMethods, prepare } from '../../ts/experiments/experiments.ts';
import { describeError, exitCodeOf } from '../../ts/support/errors.ts';
import { watchInterrupts } from '../../ts/support/interrupt.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { writeFakeProgram } from './fake_program.ts';
import { options } from './samples.ts';

watchInterrupts();
const [folder = ''] = process.argv.slice(2);
const own = { ...options, text: path.join(folder, 'text'), out: path.join(folder, 'out') };
try {
  await compareMethods(await prepare(own, writeFakeProgram(folder)), createProgress());
} catch (error) {
  console.error(describeError(error));
  process.exitCode = exitCodeOf(error);
}
