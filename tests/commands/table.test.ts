// Walks the table of commands: npm script, set-up and registration of each are those of its row.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { type CommandRow, npmScript, otherScripts } from '../../scripts/commands.mjs';
import { tasks } from '../../scripts/requirements.mjs';
import { commandTable, type Register } from '../../ts/commands/table.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const npm: Record<string, string> = JSON.parse(
  readFileSync(path.join(rootDir, 'package.json'), 'utf8'),
).scripts;
const rows: readonly (CommandRow & { load: () => Promise<Register> })[] = commandTable;

// What the real `legacy-llm` does with words, with a setup of our own that tells and ends it.
function setUpBy(...words: string[]): string {
  const scripts = path.join(folder(), 'scripts');
  for (const name of readdirSync(path.join(rootDir, 'scripts'))) {
    if (name.endsWith('.mjs'))
      cpSync(path.join(rootDir, 'scripts', name), path.join(scripts, name));
  }
  const setUp = "console.log('groups', groups.length); process.exit(9);";
  writeFileSync(
    path.join(scripts, 'setup.mjs'),
    `export async function setUp(groups) { ${setUp} }`,
  );
  writeFileSync(path.join(scripts, 'doctor.mjs'), "console.log('nothing', process.argv.length);");
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(scripts, 'legacy-llm.mjs'), ...words],
    { encoding: 'utf8' },
  );
  return (stdout + stderr).trim();
}

describe.each(rows.map((row) => [row.name, row] as const))('the command %s', (name, row) => {
  test('is run by its npm script, which sees the arguments before anything is set up', () => {
    expect(npm[row.script]).toBe(npmScript(row));
    expect(npm[`pre${row.script}`]).toBeUndefined();
  });

  test('has only npm packages set up before it, or nothing where it is plain Node', () => {
    expect(setUpBy(name)).toBe(row.plain === undefined ? 'groups 0' : 'nothing 2');
  });

  test('is registered under its name', async () => {
    const program = new Command();
    (await row.load())(program);
    expect(program.commands.map((command) => command.name())).toEqual([name]);
  });
});

describe('the table', () => {
  test('has every command that a file of ts/commands registers', async () => {
    const files = readdirSync(path.join(rootDir, 'ts', 'commands'));
    const registers: unknown[] = [];
    for (const file of files) {
      const module: object = await import(path.join(rootDir, 'ts', 'commands', file));
      registers.push(
        ...Object.entries(module).flatMap(([name, value]) =>
          name.startsWith('register') ? [value] : [],
        ),
      );
    }
    expect(registers.length).toBeGreaterThan(10);
    const loaded = await Promise.all(rows.map(({ load }) => load()));
    expect(new Set(loaded)).toEqual(new Set(registers));
  });

  test('has, with the other npm scripts, every script of package.json and every task', () => {
    const others = otherScripts.flatMap(({ script, task }) => [
      ...(task ? [`pre${script}`] : []),
      script,
    ]);
    const scripts = [...rows.map(({ script }) => script), ...others];
    expect(scripts.sort()).toEqual(Object.keys(npm).sort());
    const used = otherScripts.flatMap(({ task }) => task ?? []);
    expect(new Set(['node', ...used])).toEqual(new Set(Object.keys(tasks)));
    for (const { script, task, run } of otherScripts) {
      expect(npm[script]).toBe(run);
      expect(npm[`pre${script}`]).toBe(task && `node scripts/setup.mjs ${task}`);
    }
  });

  test('when help or nothing is asked for, then npm packages alone are set up', () => {
    for (const words of [[], ['--help'], ['parity', '--help'], ['report', '-h']]) {
      expect(setUpBy(...words)).toBe('groups 0');
    }
  });

  test('an unknown command is refused before anything is set up', () => {
    expect(setUpBy('bulid')).toMatch(/^legacy-llm: unknown command 'bulid'\n {2}One of: build, /);
  });
});
