// The page about the tests tells of all of them.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { rootDir } from '../ts/support/paths.ts';

test('docs/tests.md names every folder of tests', () => {
  const page = readFileSync(path.join(rootDir, 'docs', 'tests.md'), 'utf8');
  const entries = readdirSync(path.join(rootDir, 'tests'), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.length).toBeGreaterThan(15);
  expect(folders.filter((name) => !page.includes(`\`${name}/\``))).toEqual([]);
});
