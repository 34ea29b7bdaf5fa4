// `npm run web` and `npm run web:build`: the page in which the model trains, here or as a static site.
import type { Command } from 'commander';
import { groupsOfTargets } from '../build/targets.ts';
import { numberIn } from '../support/arguments.ts';
import { PORTS, tryPort, untilInterrupted } from '../support/http.ts';
import { displayPath } from '../support/paths.ts';
import { createProgress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import { groupsOfLaptop } from '../web/laptop.ts';
import { buildSite, pageTargets, serveSite, siteDir, sizeOfSite } from '../web/site.ts';

const PORT = 8000;
const COMMAND = 'npm run web --';

// Adds the command that serves to the program.
export function registerWeb(program: Command): void {
  program
    .command('web')
    .description('serve the page here, in which the model trains; it is built first')
    .option('--port <n>', 'where it is served', numberIn(PORTS), PORT)
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
  await tryPort(port, COMMAND);
  await makeSite();
  const { url, close } = await serveSite(port).catch(async (error: unknown) => {
    await tryPort(port, COMMAND); // which has words for what may have come meanwhile
    throw error;
  });
  console.log(`${url} (Ctrl-C ends it)`);
  await untilInterrupted();
  await close();
}
