// `legacy-llm doctor`: the report of scripts/doctor.mjs, which also runs without npm packages.
import type { Command } from 'commander';
import { diagnose } from '../../scripts/doctor.mjs';
import { UserError } from '../support/errors.ts';

// Adds the command to the program.
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('list every tool and package that is needed: found, missing or damaged')
    .action(async () => {
      const { text, healthy } = await diagnose();
      console.log(text);
      if (!healthy)
        throw new UserError('something is missing or damaged', {
          hint: 'The list says how to mend it.',
        });
    });
}
