// The commands of the driver and the other npm scripts, as rows of data: what each sets up before it
// runs. package.json, the `legacy-llm` command and ts/commands/table.ts follow these rows. Plain
// Node, no packages.

/**
 * @typedef {object} CommandRow
 * @property {string} name      as in `npx legacy-llm NAME`
 * @property {string} script    as in `npm run SCRIPT`
 * @property {string} [task]    the task of requirements.mjs that is set up before
 * @property {string} [plain]   the script of plain Node that does it where nothing is set up
 *
 * @typedef {object} ScriptRow
 * @property {string} script
 * @property {string} [task]
 * @property {string} run       what the npm script runs
 */

// The commands of the driver, in the order in which --help lists them.
export const commands = /** @type {const} */ ([
  { name: 'build', script: 'build:all', task: 'build' },
  { name: 'emu-train', script: 'emu:train', task: 'emu' },
  { name: 'parity', script: 'parity', task: 'parity' },
  { name: 'experiments', script: 'experiments', task: 'experiments' },
  { name: 'plot', script: 'plot', task: 'node' },
  { name: 'report', script: 'report', task: 'report' },
  { name: 'count', script: 'count', task: 'count' },
  { name: 'bundled', script: 'bundled', task: 'bundled' },
  { name: 'kill', script: 'kill', task: 'kill' },
  { name: 'fuzz', script: 'fuzz', task: 'fuzz' },
  { name: 'big-text', script: 'big-text', task: 'big-text' },
  { name: 'test-busy', script: 'test:busy', task: 'test' },
  { name: 'numbers', script: 'numbers', task: 'numbers' },
  { name: 'doctor', script: 'doctor', plain: 'scripts/doctor.mjs' },
  { name: 'clean', script: 'clean', task: 'node' },
]);

// The npm scripts that are no command of the driver.
/** @type {readonly ScriptRow[]} */
export const otherScripts = [
  { script: 'test', task: 'test', run: 'vitest run' },
  { script: 'data', run: 'node scripts/stories/generate.mjs' },
  { script: 'lint', task: 'lint', run: 'node scripts/lint.mjs' },
  { script: 'format', task: 'lint', run: 'node scripts/lint.mjs --write' },
];

// What package.json has to run for a command.
/** @param {CommandRow} row */
export function npmScript({ name, plain }) {
  return plain === undefined ? `node --import tsx ts/cli.ts ${name}` : `node ${plain}`;
}

// The row of the command that these words ask for; undefined where they ask for help or for none.
/**
 * @param {readonly string[]} words
 * @returns {CommandRow | undefined}
 */
export function commandRow(words) {
  const asksForHelp = words.some((word) => word === '--help' || word === '-h');
  return asksForHelp ? undefined : commands.find(({ name }) => name === words[0]);
}
