// `npm run web` and `npm run web:build`: the page in which the model trains, here or as a static site.
import type { Command } from 'commander';
import { groupsOfTargets } from '../build/targets.ts';
import { numberIn } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { displayPath } from '../support/paths.ts';
import { createProgress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import { groupsOfLaptop } from '../web/laptop.ts';
import { buildSite, pageTargets, serveSite, siteDir, sizeOfSite } from '../web/site.ts';

const PORT = 8000;

// Adds the command that serves to the program.
export function registerWeb(program: Command): void {
  program
    .command('web')
    .description('serve the page here, in which the model trains; it is built first')
    .option('--port <n>', 'where it is served', numberIn([1, 65_535]), PORT)
    .action(({ port }: { port: number }) => serve(port));
}

// Adds the command that builds to the program.
export function registerWebBuild(program: Command): void {
  program
    .command('web-build')
    .description(`build the page as a static site for any host, in ${displayPath(siteDir)}`)
    .action(async () => {
      await makeSite();
      console.log(`${displayPath(siteDir)}: ${await sizeOfSite()}`);
    });
}

async function makeSite(): Promise<void> {
  await provide([...groupsOfTargets(pageTargets()), ...groupsOfLaptop()]);
  await buildSite(createProgress());
}

// Serves until Ctrl-C.
async function serve(port: number): Promise<void> {
  await makeSite();
  const { url, close } = await serveSite(port).catch((error: unknown) => {
    throw portError(port, error);
  });
  console.log(`${url} (Ctrl-C ends it)`);
  await new Promise<void>((resolve) => {
    interruptSignal.addEventListener('abort', () => resolve(), { once: true });
  });
  await close();
}

function portError(port: number, error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.includes('in use')) return error;
  return new UserError(`port ${port} is in use`, {
    hint: `Give another one: npm run web -- --port ${port === 65_535 ? port - 1 : port + 1}`,
    exitCode: 2,
  });
}
