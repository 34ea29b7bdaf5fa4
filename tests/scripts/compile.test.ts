// The driver compiled: once for a state of the sources, whole, and with all that it starts.
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { compiledFile, compiledFolder, isStarted } from '../../scripts/compile.mjs';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const cli = path.join(rootDir, 'ts/cli.ts');

test('what is compiled runs, knows where its source stands, and is compiled once', async () => {
  const made = await compiledFolder([folder()]);
  const file = compiledFile(made, cli);
  const { createProgram } = (await import(pathToFileURL(file).href)) as {
    createProgram: (words: string[]) => Promise<{ commands: { name(): string }[] }>;
  };
  const { commands } = await createProgram(['build']);
  expect(commands.map((command) => command.name())).toEqual(['build']);
  expect(readAll(made)).toContain(
    JSON.stringify(pathToFileURL(path.join(rootDir, 'scripts')).href).slice(1, -1),
  );
  expect(readAll(made)).not.toContain('import.meta.url)');
  writeFileSync(path.join(made, 'mark'), '');
  expect(await compiledFolder([folder()])).toBe(made);
  expect(readdirSync(made)).toContain('mark');
});

test('what is damaged is compiled again; what one place cannot hold, another does', async () => {
  const made = await compiledFolder([folder()]);
  const file = compiledFile(made, cli);
  const whole = readFileSync(file, 'utf8');
  truncateSync(file, 10);
  expect(await compiledFolder(['/dev/null/no', folder()])).toBe(made);
  expect(readFileSync(file, 'utf8')).toBe(whole);
  await expect(compiledFolder(['/dev/null/no'])).rejects.toThrow(
    /a part of the path is a file|ENOTDIR/,
  );
});

test('each file that the driver starts by its address is among them', () => {
  const names = readdirSync(path.join(rootDir, 'ts'), { recursive: true, encoding: 'utf8' });
  const sources = names.filter((name) => name.endsWith('.ts'));
  const started = sources.flatMap((name) => {
    const text = readFileSync(path.join(rootDir, 'ts', name), 'utf8');
    const found = text.matchAll(/new URL\('(\.[^']+\.ts)', import\.meta\.url\)/g);
    return [...found].map(([, other = '']) => path.posix.join('ts', path.dirname(name), other));
  });
  expect(started.length).toBeGreaterThan(3);
  expect(started.filter((name) => !isStarted.test(name))).toEqual([]);
});

// All that was compiled.
function readAll(made: string): string {
  const names = readdirSync(made, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.js') && !name.startsWith('node_modules'));
  return files.map((name) => readFileSync(path.join(made, name), 'utf8')).join('\n');
}
