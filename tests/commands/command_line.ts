// Runs a command of the driver inside the test: what it says, and its exit code.
import { createProgram, main } from '../../ts/cli.ts';

export interface Answer {
  code: number;
  said: string;
}

// One command line, the command's name first.
export async function runCommandLine(...args: string[]): Promise<Answer> {
  const lines: string[] = [];
  const program = await createProgram(args);
  for (const command of program.commands) {
    command.configureOutput({
      writeErr: (text) => lines.push(text),
      writeOut: (text) => lines.push(text),
    });
  }
  const code = await main(args, program, (line) => lines.push(line));
  return { code, said: lines.join('') };
}
