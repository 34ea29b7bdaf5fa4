// What the page's Worker computes, in Node: both builds of the library give the bits of the program,
// a training that is stopped goes on with them, and what cannot be is refused in words.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildTarget, library, sourcesOf } from '../../ts/build/build.ts';
import { make } from '../../ts/build/make.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { defaultSampling, Engine } from '../../ts/engine/engine.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { byMultiplying, byTable, exampleInput } from '../../web/src/inside/product.ts';
import { Answers } from '../../web/src/model/answers.ts';
import type { Event, Stopped } from '../../web/src/model/protocol.ts';
import { checkText, MOST_TEXT } from '../../web/src/model/text.ts';
import { sumOf, train, write } from '../../web/src/model/training.ts';
import { type Beginning, commandOf } from '../../web/src/parts/command.ts';
import { Curve } from '../../web/src/parts/curve.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';
import {
  checkpointOf,
  type Native,
  PROMPT,
  STEPS,
  settings,
  TOKENS,
  text,
  trainNatively,
} from './native.ts';

const folder = temporaryFolderOfSuite();
const BUILDS = ['page', 'page-simd'] as const;
const modules = new Map<string, WebAssembly.Module>();
let native: Native;

beforeAll(async () => {
  native = await trainNatively(folder());
  for (const name of BUILDS) {
    const { program } = await buildTarget(findTarget(name));
    modules.set(name, new WebAssembly.Module(readFileSync(program)));
  }
});

function moduleOf(build: string): WebAssembly.Module {
  const module = modules.get(build);
  if (!module) throw new Error(`${build} was not built`);
  return module;
}

const engineOf = (build: string) => new Engine(moduleOf(build));

const ignore = () => {};
const freely = () => ({ stopped: false, watched: { layer: 0, which: 0 } });
const sampling = defaultSampling;

// The story that the program tells, by the model that is open.
async function storyOf(engine: Engine): Promise<string> {
  let story = PROMPT;
  const take = (event: Event) => {
    if (event.kind === 'text') story += event.text;
  };
  await write(engine, { prompt: PROMPT, tokens: TOKENS, ...sampling }, { stopped: false }, take);
  return story;
}

test('the sources of the library are those of the Makefile', async () => {
  const { stdout } = await make(['-s', 'list-library']);
  expect((await sourcesOf(library)).sort()).toEqual(stdout.trim().split(/\s+/).sort());
});

describe.each(BUILDS)('%s', (build) => {
  test('ends in the bits of the program, with samples and judgements on the way', async () => {
    const engine = engineOf(build);
    const events: Event[] = [];
    engine.plan(text, settings);
    engine.begin();
    const stopped = await train(engine, STEPS, freely(), (event) => events.push(event));
    expect(stopped.ended).toBe(true);
    expect(stopped.checkpoint.sha256).toBe(native.sha256);
    const steps = events.flatMap((event) => (event.kind === 'steps' ? event.steps : []));
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    expect(steps.at(-1)?.loss).toBeLessThan((steps[0]?.loss ?? 0) - 0.5);
    expect(events.filter(({ kind }) => kind === 'sample')).toHaveLength(10);
    expect(events.filter(({ kind }) => kind === 'heldOut')).toHaveLength(10);
  });

  test('writes what the program writes, of its checkpoint and of the model alone', async () => {
    const engine = engineOf(build);
    for (const file of [native.checkpoint, native.exported]) {
      engine.openModel(file);
      expect(await storyOf(engine)).toBe(native.story);
    }
    expect(sumOf(engine.export(native.checkpoint))).toBe(sumOf(native.exported));
  });
});

test('a training that is stopped at its first report goes on to the same bits', async () => {
  const engine = engineOf('page-simd');
  engine.plan(text, settings);
  engine.begin();
  const control = freely();
  const stop = () => {
    control.stopped = true;
  };
  const first = await train(engine, STEPS, control, stop);
  expect(first).toMatchObject({ ended: false });
  const other = engineOf('page'); // and in another build
  other.planResumed(text, first.checkpoint.bytes, 0);
  other.begin();
  expect(other.stepsDone).toBe(first.step);
  for (const each of [engine, other]) {
    const { checkpoint } = await train(each, STEPS, freely(), ignore);
    expect(checkpoint.sha256).toBe(native.sha256);
  }
});

describe('what the page asks of its Worker', () => {
  const name = 'a.txt';
  const answersOf = () => {
    const answers = new Answers(ignore);
    answers.start(moduleOf('page-simd'));
    return answers;
  };

  test('a training stops after a step when it was told so before, and goes on', async () => {
    const answers = answersOf();
    answers.plan({ text, name, ...settings });
    answers.stop(); // while the page says that the text is read
    expect(await answers.train()).toMatchObject({ step: 1, ended: false });
    const { step, ended, checkpoint } = await answers.goOn();
    expect([step, ended, checkpoint.sha256]).toEqual([STEPS, true, native.sha256]);
    answers.stop(); // which is too late, and stops nothing that is planned afterwards
    answers.resume({ text, name, checkpoint: checkpoint.bytes, steps: STEPS + 2 });
    expect(await answers.train()).toMatchObject({ step: STEPS + 2, ended: true });
  });

  // The program carries out the command that the page names.
  async function expectSame(begun: Beginning, steps: number, { step, checkpoint }: Stopped) {
    const command = commandOf(begun, steps, step);
    expect(sumOf(await checkpointOf(folder(), command))).toBe(checkpoint.sha256);
  }

  test('the command of a new training makes its bytes, also where it was stopped', async () => {
    const answers = answersOf();
    const begun = { text: 'FILE', settings };
    answers.plan({ text, name, ...settings });
    answers.stop();
    await expectSame(begun, STEPS, await answers.train());
    await expectSame(begun, STEPS, await answers.goOn());
  });

  test('the command of one that goes on with a checkpoint does, too', async () => {
    const answers = answersOf();
    const begun = { text: 'FILE' };
    const { shape } = answers.resume({ text, name, checkpoint: native.checkpoint, steps: 44 });
    answers.stop();
    await expectSame(begun, shape.steps, await answers.train());
    await expectSame(begun, shape.steps, await answers.goOn());
  });
});

describe('a look inside', () => {
  test('shows matrices of trits, five in a byte, and that a step flips some of them', () => {
    const engine = engineOf('page-simd');
    const { layers } = engine.plan(text, settings);
    engine.begin();
    const before = engine.matrix(0, 0);
    let flipped = 0;
    for (let i = 0; i < 5; i++) flipped += engine.step().flipped;
    const after = engine.matrix(0, 0);
    if (!before || !after) throw new Error('there is no matrix');
    expect([before.rows, before.columns]).toEqual([48, 48]);
    expect([...new Set(before.codes)].sort()).toEqual([-1, 0, 1]);
    const differing = after.codes.filter((code, i) => code !== before.codes[i]).length;
    expect(differing).toBeGreaterThan(0);
    expect(differing).toBeLessThanOrEqual(flipped);
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = after.codes;
    const value = a + 1 + 3 * (b + 1) + 9 * (c + 1) + 27 * (d + 1) + 81 * (e + 1);
    expect([...engine.pack(after.codes.slice(0, 5))]).toEqual([value]);
    expect(engine.matrix(layers, 0)).toBeUndefined();
    expect(engine.matrix(0, 6)).toBeUndefined();
  });

  test('shows what each head attends to: shares of all positions that add up to 1', () => {
    const engine = engineOf('page-simd');
    const { layers, heads } = engine.openModel(native.checkpoint);
    expect(engine.attention(0, 0)).toBeUndefined();
    engine.prompt(PROMPT);
    engine.write(sampling, 0);
    for (let layer = 0; layer < layers; layer++) {
      for (let head = 0; head < heads; head++) {
        const { tokens = [], shares = [] } = engine.attention(layer, head) ?? {};
        expect(tokens.join('')).toBe(PROMPT);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
      }
    }
    expect(engine.attention(layers, 0)).toBeUndefined();
    expect(engine.attention(0, heads)).toBeUndefined();
  });

  const bundled = readFileSync(path.join(rootDir, 'data', 'stories.llm'));
  const engineOfBundled = () => {
    const engine = engineOf('page-simd');
    engine.openModel(bundled);
    return engine;
  };

  // The tokens of a prompt, and how the last of them, in the first head of the first layer, divides its
  // attention among the first four.
  function looks(prompt: string) {
    const engine = engineOfBundled();
    engine.prompt(prompt);
    engine.write(sampling, 0);
    const { tokens = [], shares = [] } = engine.attention(0, 0) ?? {};
    const first = shares.slice(0, 4);
    const sum = first.reduce((a, b) => a + b, 0);
    return { tokens, first: first.map((share) => share / sum) };
  }

  const distance = (a: number[], b: number[]) =>
    Math.max(...a.map((share, i) => Math.abs(share - (b[i] ?? Number.NaN))));

  test('in the first layer the last token and those it looks at decide, no other', () => {
    const dog = looks('Once upon a time, on a big day there was a dog');
    const boat = looks('Once upon a time, on a big day there was a boat');
    const red = looks('Once upon a time, on a red day there was a dog');
    expect([dog.tokens.at(-1), boat.tokens.at(-1)]).toEqual(['g', ' boat']);
    expect(red.tokens).toEqual(dog.tokens.map((token) => (token === ' big' ? ' red' : token)));
    expect(distance(dog.first, boat.first)).toBeGreaterThan(1e-3);
    expect(distance(dog.first, red.first)).toBeLessThan(1e-5);
  });

  test('to look changes nothing of what is written', () => {
    const written = [false, true].map((looked) => {
      const engine = engineOfBundled();
      engine.prompt(PROMPT);
      return Array.from({ length: 40 }, (_, i) => {
        const piece = engine.write(sampling, i);
        if (looked) for (const layer of [0, 4]) engine.attention(layer, 0);
        return Buffer.from(piece ?? []).toString('hex');
      });
    });
    expect(written[1]).toEqual(written[0]);
  });

  test('the planned memory is that of the program', () => {
    const engine = engineOf('page-simd');
    engine.plan(text, settings);
    const memory = engine.memory();
    expect(memory.map(({ name }) => name)).toEqual(expect.arrayContaining(['weights', 'counts']));
    expect(memory.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(native.plannedBytes);
  });
});

describe('what cannot be is refused in words', () => {
  const bytes = (...values: number[]) => new Uint8Array(values);
  test.each([
    ['an empty text', bytes(), 'it is empty'],
    ['a binary file', bytes(65, 66, 0, 67), 'it is no text: its byte 2 is 0'],
    ['UTF-16', bytes(0xff, 0xfe, 65, 0), 'it is UTF-16'],
    ['Latin-1', bytes(0x66, 0xfc, 0x72), 'it is not UTF-8'],
    ['a huge text', new Uint8Array(MOST_TEXT + 1).fill(65), 'it has 16.0 MB, and a page takes 16'],
  ])('%s', (_name, wrong, words) => {
    expect(() => checkText(wrong, 'it')).toThrow(words);
  });

  test('a byte order mark is no part of the text', () => {
    expect([...checkText(bytes(0xef, 0xbb, 0xbf, 65), 'it')]).toEqual([65]);
    expect([...checkText(bytes(65, 66), 'it')]).toEqual([65, 66]);
  });

  test('a file that cannot be opened, of which the model that is open knows nothing', async () => {
    const engine = engineOf('page-simd');
    engine.openModel(native.checkpoint);
    for (const wrong of [bytes(1, 2, 3), native.exported.subarray(0, -1)])
      expect(() => engine.openModel(wrong)).toThrow('the file');
    expect(await storyOf(engine)).toBe(native.story);
  });

  test('writing without a model', () => {
    const engine = engineOf('page-simd');
    expect(() => engine.prompt(PROMPT)).toThrow('no model is open');
    expect(() => engine.write(sampling, 0)).toThrow('no model is open');
  });

  test('files that are none of ours, a model alone, and the checkpoint of another text', () => {
    const engine = engineOf('page');
    expect(() => engine.openModel(bytes(1, 2, 3))).toThrow('the file');
    expect(() => engine.planResumed(text, native.exported, 0)).toThrow('is an exported model');
    const other = text.subarray(0, 15_000);
    expect(() => engine.planResumed(other, native.checkpoint, 0)).toThrow('another text');
    expect(() => engine.planResumed(bytes(), native.checkpoint, 0)).toThrow('the text is empty');
    expect(() => engine.plan(text.subarray(0, 50), settings)).toThrow('too few for a context');
    expect(() => engine.plan(text, { ...settings, preset: 'huge' })).toThrow('no such size');
    engine.plan(text, settings); // and goes on
    engine.begin();
    expect(engine.step().step).toBe(1);
  });
});

test('a product by tables is that by multiplying, with fewer operations and no multiplication', () => {
  const [rows, columns] = [192, 48];
  const codes = Int8Array.from({ length: rows * columns }, (_, i) => ((i * 7 + (i >> 3)) % 3) - 1);
  const matrix = { rows, columns, packedBytes: 0, codes };
  const x = exampleInput(columns);
  const [multiplied, table] = [byMultiplying(matrix, x), byTable(matrix, x)];
  expect(table.result).toEqual(multiplied.result);
  expect(multiplied.multiplications).toBe(rows * columns);
  expect([table.multiplications, table.lookUps]).toEqual([0, rows * 10]);
  // 242 additions make a table of five inputs, 26 one of three.
  expect(table.additions).toBe(9 * 242 + 26 + rows * 10);
});

test('a curve keeps a bounded number of points, each the mean of its steps', () => {
  const curve = new Curve(8);
  for (let step = 1; step <= 64; step++) curve.add(step, step);
  expect(curve.x.length).toBeLessThan(8);
  expect(curve.y.every((mean, i) => Math.abs(mean - (curve.x[i] ?? 0)) < 16)).toBe(true);
  expect(curve.x.at(-1)).toBeGreaterThan(48);
});
