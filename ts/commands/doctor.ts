// `legacy-llm doctor`: the report of scripts/doctor.mjs, which also runs without npm packages.
import type { Command } from 'commander';
import { examine, report } from '../../scripts/doctor.mjs';
import { UserError } from '../support/errors.ts';

// Adds the command to the program.
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('list every tool and package that is needed, found or missing')
    .action(() => {
      const { text, healthy } = report(examine());
      console.log(text);
      if (!healthy)
        throw new UserError('something is missing', { hint: 'The list says how to get it.' });
    });
}
