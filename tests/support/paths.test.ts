import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cacheDir, displayPath, rootDir } from '../../ts/support/paths.ts';

test('the root is the folder of package.json', () => {
  expect(existsSync(path.join(rootDir, 'package.json'))).toBe(true);
});

test('the cache follows XDG_CACHE_HOME when that is absolute, else stands in the home', () => {
  expect(cacheDir({ XDG_CACHE_HOME: '/var/tmp/c' })).toBe('/var/tmp/c/legacy-llm');
  expect(cacheDir({ XDG_CACHE_HOME: 'relative' })).toMatch(/\/\.cache\/legacy-llm$/);
  expect(cacheDir({})).toMatch(/\/\.cache\/legacy-llm$/);
});

test('a path for people is relative inside the folder and absolute outside', () => {
  expect(displayPath('/a/b/c', '/a')).toBe('b/c');
  expect(displayPath('/a', '/a')).toBe('.');
  expect(displayPath('/x/y', '/a')).toBe('/x/y');
});
