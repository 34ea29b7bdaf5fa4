// Asks the program for the training methods that it offers.
import type { Program } from '../build/program.ts';
import { type Methods, parseMethods } from '../program/method_list.ts';
import { runCommand } from '../runs/run.ts';
import { runnerOf } from '../runs/runners.ts';

// Its schemes and optimizers.
export async function readMethods(program: Program): Promise<Methods> {
  const what = 'the list of methods';
  const { stdout } = await runCommand(runnerOf(program), ['methods', '--json'], { what });
  return parseMethods(stdout);
}
