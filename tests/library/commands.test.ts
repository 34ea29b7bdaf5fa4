// The commands use nothing that an embedding program could not: legacy_llm.h, and helpers that know
// nothing of models. `bench`, `baseline` and `selftest` alone look inside, since the inside is their
// subject.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { make } from '../../ts/build/make.ts';
import { exec } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { readIncludes } from '../layers/c_uses.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';
import { dataSymbols, globalSymbols, undefinedSymbols } from './symbols.ts';

const LOOKS_INSIDE = /^c\/src\/commands\/(bench|baseline|selftest)/;
const ALLOWED =
  /^(c\/include\/legacy_llm\.h|c\/llama2\/llama2_(file|tokenizer)\.h|c\/src\/(base|run|threads|ranks|commands)\/.*)$/;

const installed = temporaryFolderOfSuite();
let library: string[] = [];
let sources: string[] = [];

// The objects of these sources, as `make` leaves them.
const objects = (files: readonly string[]) =>
  files.map((file) => path.join(rootDir, 'images/make/plain', file.replace(/\.c$/, '.o')));

beforeAll(async () => {
  await make([`OUT=${path.join(installed(), 'legacy_llm')}`]);
  library = (await exec('make', ['-s', 'list-library'], { cwd: rootDir })).stdout.trim().split(' ');
  sources = ['c/src/run', 'c/src/threads', 'c/src/ranks', 'c/src/commands']
    .flatMap((name) => readdirSync(path.join(rootDir, name)).map((file) => `${name}/${file}`))
    .filter((file) => file.endsWith('.c') && !library.includes(file) && !LOOKS_INSIDE.test(file));
});

describe('the commands', () => {
  test('include the public header and helpers alone', () => {
    const files = readIncludes(rootDir);
    const wrong = sources.flatMap((file) =>
      [file, file.replace(/\.c$/, '.h')].flatMap((name) =>
        (files.get(name) ?? [])
          .filter((used) => !ALLOWED.test(used) || library.includes(used.replace(/\.h$/, '.c')))
          .filter((used) => !used.startsWith('c/src/base/'))
          .map((used) => `${name} includes ${used}`),
      ),
    );
    expect(sources.length).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
  });

  test('call functions of the library by its public names alone', async () => {
    const inside = library.filter((file) => !file.startsWith('c/src/base/'));
    const hidden = await globalSymbols(...objects(inside));
    const used = await undefinedSymbols(...objects(sources));
    expect(hidden.length).toBeGreaterThan(100);
    const names = used.filter((name) => hidden.includes(name));
    expect(names.filter((name) => !name.startsWith('legacy_llm_'))).toEqual([]);
    expect(names.length).toBeGreaterThan(20);
  });

  test('no data of the program changes but the kernels, its name, other ranks, and what signals need', async () => {
    const symbols = await dataSymbols(...objects([...library, ...sources]));
    expect(symbols.map(({ name }) => name).sort()).toEqual([
      ...['first_seen', 'leftovers', 'program', 'seen', 'selected', 'tcp', 'way_now'],
      ...['words_now', 'world'],
    ]);
  });
});
