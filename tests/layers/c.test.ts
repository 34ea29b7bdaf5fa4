// The floors of the core: each folder of c/ uses only its own files and those of folders below.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { readIncludes, readIncludesAndCalls } from './c_uses.ts';
import { findCircles, findUpward } from './layers.ts';

// From the top to the bottom. The program carries its own tests, the baseline of `bench` and the models
// of llama2.c.
const floors = [
  'c/src/commands',
  'c/tests',
  'c/src/ranks',
  'c/src/threads',
  'c/src/run',
  'c/baseline',
  'c/llama2',
  'c/src/gguf',
  'c/src/train',
  'c/src/model',
  'c/src/counts',
  'c/src/text',
  'c/src/math',
  'c/src/base',
  'c/include',
];

describe('the core', () => {
  test('no folder includes a header of a folder above it', () => {
    const files = readIncludes(rootDir);
    expect(files.size).toBeGreaterThan(100);
    expect(findUpward(files, floors)).toEqual([]);
  });

  test('no folder calls a function of a folder above it', () => {
    expect(findUpward(readIncludesAndCalls(rootDir), floors)).toEqual([]);
  });

  test('no files include or call each other in a circle', () => {
    expect(findCircles(readIncludesAndCalls(rootDir))).toEqual([]);
  });
});

describe('the check bites', () => {
  const folder = useTemporaryFolder();
  const edit = (file: string, change: (text: string) => string) => {
    const at = path.join(folder(), file);
    writeFileSync(at, change(readFileSync(at, 'utf8')));
  };
  const copy = () => cpSync(path.join(rootDir, 'c'), path.join(folder(), 'c'), { recursive: true });

  test('an include that leads upwards is named', () => {
    copy();
    edit('c/src/math/packing.c', (text) => `#include "model/model.h"\n${text}`);
    const wrong = findUpward(readIncludes(folder()), floors);
    expect(wrong).toEqual([
      'c/src/math/packing.c uses c/src/model/model.h, but c/src/model stands above c/src/math',
    ]);
  });

  test('a call that leads upwards is named, without an include', () => {
    copy();
    const call = 'void model_init_rope(void *model);\nvoid up(void) { model_init_rope(0); }\n';
    edit('c/src/math/packing.c', (text) => text + call);
    const wrong = findUpward(readIncludesAndCalls(folder()), floors);
    expect(wrong).toEqual([
      'c/src/math/packing.c uses c/src/model/model.c, but c/src/model stands above c/src/math',
    ]);
  });

  test('two files of one folder that call each other are named', () => {
    copy();
    const call = 'void bpe_learn(void *b, void *t);\nvoid up(void) { bpe_learn(0, 0); }\n';
    edit('c/src/text/tokenizer.c', (text) => text + call);
    const circles = findCircles(readIncludesAndCalls(folder()));
    expect(circles).toHaveLength(1);
    expect(circles[0]).toContain('c/src/text/bpe.c');
    expect(circles[0]).toContain('c/src/text/tokenizer.c');
  });
});
