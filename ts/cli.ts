// The command line: one program, one main, one catch. The commands stand in commands/table.ts.
import { Command, CommanderError } from 'commander';
import { commandTable } from './commands/table.ts';
import { setCompiled } from './support/compiled.ts';
import { describeError, exitCodeOf, QuietEnd } from './support/errors.ts';
import { stopUnread, watchInterrupts } from './support/interrupt.ts';

// Commander's errors are wrong usage, except those that follow --help and --version.
const USAGE_EXIT_CODE = 2;

// The program with the command that the first of its arguments names, or with all of them; it throws
// instead of ending the process.
export async function createProgram([word]: readonly string[] = []): Promise<Command> {
  const program = new Command('legacy-llm')
    .description(
      'Builds Legacy-1bit LLM for every target, runs it in an emulated Pentium III,\n' +
        'and proves that every build gives the same bits.',
    )
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for what is possible)');
  const named = commandTable.filter(({ name }) => name === word);
  const rows = named.length > 0 ? named : commandTable;
  for (const register of await Promise.all(rows.map(({ load }) => load()))) register(program);
  return program;
}

// Runs the command line and gives the exit code.
export async function main(
  args: readonly string[],
  given?: Command,
  printError: (text: string) => void = (text) => console.error(text),
): Promise<number> {
  try {
    const program = given ?? (await createProgram(args));
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
    if (error instanceof QuietEnd) return error.exitCode;
    printError(describeError(error));
    return exitCodeOf(error);
  }
}

// The same as the work of a whole process, compiled into that folder, whose standard streams are watched:
// `unread` is to be called when nobody reads standard output any more (scripts/legacy-llm.mjs).
export async function start(args: readonly string[], compiled: string): Promise<number> {
  setCompiled(compiled);
  watchInterrupts();
  return main(args);
}

export { stopUnread as unread };
