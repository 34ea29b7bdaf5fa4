// `npm run lint`: biome, the type check, and clang-format on the C sources where it is installed.
// `npm run format` (--write) repairs what can be repaired.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { $, chalk } from 'zx';
import { onPath, rootDir } from './requirements.mjs';

const write = process.argv.includes('--write');
const run = $({ cwd: rootDir, stdio: 'inherit', nothrow: true, verbose: false, preferLocal: true });

/** @type {{name: string, start: () => import('zx').ProcessPromise}[]} */
const steps = [
  {
    name: 'biome',
    start: () => (write ? run`biome check --write .` : run`biome check .`),
  },
  ...(write ? [] : [{ name: 'tsc', start: () => run`tsc --noEmit` }]),
  ...(write ? [] : [{ name: 'tsc of the page', start: () => run`tsc --noEmit -p web` }]),
  ...clangFormatStep(),
];

function clangFormatStep() {
  const files = ['c', 'emu', 'tests', 'web'].flatMap(cFiles);
  if (files.length === 0) return [];
  if (!onPath('clang-format')) {
    console.log(chalk.yellow('clang-format is not installed: the C sources are not checked'));
    return [];
  }
  const mode = write ? ['-i'] : ['--dry-run', '-Werror'];
  return [{ name: 'clang-format', start: () => run`clang-format ${mode} ${files}` }];
}

/** @param {string} folder */
function cFiles(folder) {
  try {
    return readdirSync(path.join(rootDir, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.[ch]$/.test(name))
      .map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

const failed = [];
for (const step of steps) {
  const { exitCode } = await step.start();
  if (exitCode !== 0) failed.push(step.name);
}
if (failed.length > 0) {
  console.error(chalk.red(`lint: failed: ${failed.join(', ')}`));
  process.exitCode = 1;
} else {
  console.log(`lint: ${steps.map((step) => step.name).join(', ')}: ok`);
}
