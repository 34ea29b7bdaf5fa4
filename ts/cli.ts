// The command line: one program, one main, one catch. Each command registers itself.
import { Command, CommanderError } from 'commander';
import { registerBigText } from './commands/big_text.ts';
import { registerBuild } from './commands/build.ts';
import { registerBundled } from './commands/bundled.ts';
import { registerClean } from './commands/clean.ts';
import { registerCount } from './commands/count.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerEmuTrain } from './commands/emu_train.ts';
import { registerExperiments } from './commands/experiments.ts';
import { registerFuzz } from './commands/fuzz.ts';
import { registerKill } from './commands/kill.ts';
import { registerParity } from './commands/parity.ts';
import { registerPlot } from './commands/plot.ts';
import { registerReport } from './commands/report.ts';
import { describeError, exitCodeOf } from './support/errors.ts';
import { watchInterrupts } from './support/interrupt.ts';

// Commander's errors are wrong usage, except those that follow --help and --version.
const USAGE_EXIT_CODE = 2;

// The program with all its commands; it throws instead of ending the process.
export function createProgram(): Command {
  const program = new Command('legacy-llm')
    .description(
      'Builds Legacy-1bit LLM for every target, runs it in an emulated Pentium III,\n' +
        'and proves that every build gives the same bits.',
    )
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for what is possible)');
  registerBuild(program);
  registerEmuTrain(program);
  registerParity(program);
  registerExperiments(program);
  registerPlot(program);
  registerReport(program);
  registerCount(program);
  registerBundled(program);
  registerKill(program);
  registerFuzz(program);
  registerBigText(program);
  registerDoctor(program);
  registerClean(program);
  return program;
}

// Runs the command line and gives the exit code.
export async function main(
  args: readonly string[],
  program: Command = createProgram(),
  printError: (text: string) => void = (text) => console.error(text),
): Promise<number> {
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
    printError(describeError(error));
    return exitCodeOf(error);
  }
}

if (process.argv[1] === import.meta.filename) {
  watchInterrupts();
  process.exitCode = await main(process.argv.slice(2));
}
