// The floors of the driver: each folder of ts/ uses only its own files and those of folders below.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { findCircles, findUpward, type Uses } from './layers.ts';

// From the top to the bottom.
const floors = [
  'ts/cli.ts',
  'ts/commands',
  'ts/numbers',
  'ts/report',
  'ts/strict',
  'ts/parity',
  'ts/experiments',
  'ts/tune',
  'ts/web',
  'ts/serve',
  'ts/training',
  'ts/release',
  'ts/robustness',
  'ts/ethernet',
  'ts/images',
  'ts/laptop',
  'ts/bundled',
  'ts/counting',
  'ts/plots',
  'ts/stories',
  'ts/runs',
  'ts/program',
  'ts/guest',
  'ts/build',
  'ts/engine',
  'ts/support',
  'scripts',
];

// Those of the page: what people see stands on the model in its Worker.
const floorsOfPage = [
  ...['web/src/main.ts', 'web/src/laptop', 'web/src/inside', 'web/src/parts', 'web/src/model'],
  ...['ts/web/laptop_kit.ts', 'ts/training/commands.ts'],
  ...['ts/laptop/shell_boot.ts', 'ts/laptop/serial_machine.ts', 'ts/program', 'ts/guest'],
  'ts/engine',
  ...['ts/support', 'scripts/user_error.mjs'],
];

const folder = useTemporaryFolder();

// What the files of these folders import: types, values, on demand, or as a child process.
function readImports(root: string, folders: readonly string[]): Uses {
  const names = folders.flatMap((name) =>
    readdirSync(path.join(root, name), { recursive: true, encoding: 'utf8' }).map((file) =>
      path.posix.join(name, file),
    ),
  );
  const files = names.filter((name) => /\.(ts|mjs)$/.test(name)).sort();
  return new Map(files.map((file) => [file, importsOf(root, file)]));
}

function importsOf(root: string, file: string): string[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const found = text.matchAll(/\b(?:from|import|URL)\s*\(?\s*'(\.{1,2}\/[^']+\.(?:ts|mjs))'/g);
  return [...found].map(([, name = '']) => path.posix.join(path.posix.dirname(file), name));
}

test('no folder of ts/ reaches up', () => {
  const files = readImports(rootDir, ['ts', 'scripts']);
  expect(files.size).toBeGreaterThan(100);
  expect(findUpward(files, floors)).toEqual([]);
});

test('no files of ts/ import each other in a circle', () => {
  expect(findCircles(readImports(rootDir, ['ts', 'scripts']))).toEqual([]);
});

test('no folder of the page reaches up, or out of it but to the laptop and the engine, and no files import each other in a circle', () => {
  const files = readImports(rootDir, ['web/src']);
  expect(files.size).toBeGreaterThan(10);
  expect(findUpward(files, floorsOfPage)).toEqual([]);
  expect(findCircles(files)).toEqual([]);
});

test('every folder of the order has files', () => {
  const files = [...readImports(rootDir, ['ts', 'scripts']).keys()];
  const isUsed = (floor: string) => files.some((file) => file.startsWith(floor));
  expect(floors.filter((floor) => !isUsed(floor))).toEqual([]);
});

test('every import is seen, in each way to write it', () => {
  const inFolder = (name: string, text: string) => {
    const file = path.join(folder(), name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  inFolder(
    'ts/runs/a.ts',
    "import type {\n  B,\n} from '../commands/b.ts';\nexport * from './c.ts';",
  );
  inFolder('ts/runs/c.ts', "const a = await import('./a.ts');\nimport 'node:fs';");
  inFolder('ts/commands/b.ts', "fork(new URL('../runs/a.ts', import.meta.url));");
  inFolder('ts/new/d.ts', "import '../support/e.ts';");
  const files = readImports(folder(), ['ts']);
  expect(findUpward(files, floors)).toEqual([
    'ts/new/d.ts is in no folder of the order',
    'ts/runs/a.ts uses ts/commands/b.ts, but ts/commands stands above ts/runs',
  ]);
  expect(findCircles(files)).toEqual([
    'ts/commands/b.ts -> ts/runs/a.ts -> ts/commands/b.ts',
    'ts/runs/a.ts -> ts/runs/c.ts -> ts/runs/a.ts',
  ]);
});
