// The commands of the driver and the other npm scripts, as rows of data: package.json, the
// `legacy-llm` command and ts/commands/table.ts follow them. A command sets up by itself what its
// arguments need (ts/support/setup.ts); another script that of its task, before it runs. Plain Node,
// no packages.

/**
 * @typedef {object} CommandRow
 * @property {string} name      as in `npx legacy-llm NAME`
 * @property {string} script    as in `npm run SCRIPT`
 * @property {string} [plain]   the script of plain Node that does it without npm packages
 *
 * @typedef {object} ScriptRow
 * @property {string} script
 * @property {string} [task]    the task of requirements.mjs that is set up before
 * @property {string} run       what the npm script runs
 */

// The commands of the driver, in the order in which --help lists them.
export const commands = /** @type {const} */ ([
  { name: 'build', script: 'build:all' },
  { name: 'emu-train', script: 'emu:train' },
  { name: 'emu-strict', script: 'emu:strict' },
  { name: 'emu-shell', script: 'emu:shell' },
  { name: 'emu-put', script: 'emu:put' },
  { name: 'emu-get', script: 'emu:get' },
  { name: 'parity', script: 'parity' },
  { name: 'experiments', script: 'experiments' },
  { name: 'tune', script: 'tune' },
  { name: 'plot', script: 'plot' },
  { name: 'report', script: 'report' },
  { name: 'count', script: 'count' },
  { name: 'images', script: 'images' },
  { name: 'release', script: 'release' },
  { name: 'bundled', script: 'bundled' },
  { name: 'stories', script: 'stories' },
  { name: 'serve', script: 'serve' },
  { name: 'web', script: 'web' },
  { name: 'web-build', script: 'web:build' },
  { name: 'kill', script: 'kill' },
  { name: 'ethernet', script: 'ethernet' },
  { name: 'faults', script: 'faults' },
  { name: 'power-cuts', script: 'power-cuts' },
  { name: 'fuzz', script: 'fuzz' },
  { name: 'big-text', script: 'big-text' },
  { name: 'test-busy', script: 'test:busy' },
  { name: 'numbers', script: 'numbers' },
  { name: 'doctor', script: 'doctor', plain: 'scripts/doctor.mjs' },
  { name: 'clean', script: 'clean' },
]);

// The npm scripts that are no command of the driver.
/** @type {readonly ScriptRow[]} */
export const otherScripts = [
  { script: 'test', task: 'test', run: 'vitest run' },
  { script: 'data', run: 'node scripts/stories/generate.mjs' },
  { script: 'lint', task: 'lint', run: 'node scripts/lint.mjs' },
  { script: 'format', task: 'lint', run: 'node scripts/lint.mjs --write' },
];

// What package.json has to run for a command: without a shell between npm and Node, which would not pass
// on the signals that end it.
/** @param {CommandRow} row */
export function npmScript({ name, plain }) {
  return `exec node ${plain ?? `scripts/legacy-llm.mjs ${name}`}`;
}

// The row of a command; undefined for any other word.
/** @param {string | undefined} word @returns {CommandRow | undefined} */
export function commandRow(word) {
  return commands.find(({ name }) => name === word);
}
