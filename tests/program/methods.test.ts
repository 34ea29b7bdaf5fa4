// The tables of presets and methods: for people, for programs, and true.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { optimizers, schemes } from '../../ts/program/checkpoint_layout.ts';
import { lastEvent } from '../../ts/program/events.ts';
import { presets } from '../../ts/program/train_options.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, runProgram } from './program.ts';

const folder = useTemporaryFolder();

async function print(...args: string[]): Promise<string> {
  const result = await runProgram(args, rootDir);
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  return result.stdout;
}

type Row = Record<string, string | number>;
const rows = async (...args: string[]): Promise<Row[]> =>
  (await print(...args, '--json'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

async function plan(...args: string[]) {
  const event = lastEvent(await print('plan', '--text', stories, '--json', ...args), 'plan');
  if (!event) throw new Error('no plan');
  return event;
}

describe('methods', () => {
  test('the program and this driver know the same, in the same order', async () => {
    const methods = await rows('methods');
    const named = (kind: string) => methods.filter((row) => row.kind === kind);
    expect(named('scheme').map(({ name }) => name)).toEqual(schemes);
    expect(named('optimizer').map(({ name }) => name)).toEqual(optimizers);
    expect(methods).toHaveLength(schemes.length + optimizers.length);
    for (const row of methods) {
      expect(row.formula).toBeTruthy();
      expect(row.source).toBeTruthy();
    }
  });

  test('the table for people has a line for each, with all that the other has', async () => {
    const lines = (await print('methods')).trimEnd().split('\n');
    const methods = await rows('methods');
    expect(lines).toHaveLength(methods.length + 2); // two heads
    for (const { name, formula, source } of methods) {
      const line = lines.find((text) => text.startsWith(`  ${name} `));
      expect(line).toContain(`${formula} (${source})`);
    }
  });

  test.each(optimizers)(
    'a weight trained by %s takes the bytes that its row says',
    async (name) => {
      const row = (await rows('methods')).find((each) => each.name === name);
      const shape = ['--dim', '512', '--layers', '1', '--context', '8'];
      const { weight_state_bytes = 0, ternary_weights = 1 } = await plan(
        '--optimizer',
        name,
        ...shape,
      );
      const each = weight_state_bytes / ternary_weights;
      expect(each / Number(row?.bytes)).toBeGreaterThan(1); // scales of the rows come on top
      expect(each / Number(row?.bytes)).toBeLessThan(1.05);
    },
  );

  test.each(schemes)('a weight exported in %s takes the bits that its row says', async (name) => {
    const row = (await rows('methods')).find((each) => each.name === name);
    const [file, model] = [path.join(folder(), 'm.ckpt'), path.join(folder(), 'm.model')];
    const shape = [
      '--dim',
      '160',
      '--layers',
      '1',
      '--context',
      '2',
      '--batch',
      '1',
      '--steps',
      '1',
    ];
    const out = ['--out', file, '--bigram-rows', '0', '--scheme', name];
    await print('train', '--text', stories, ...shape, ...out);
    const said = await print('export', '--model', file, '--out', model);
    const bytes = Number(/([\d,]+) bytes of weights/.exec(said)?.[1]?.replaceAll(',', ''));
    const { ternary_weights = 1, ...others } = await plan('--resume', file);
    const { token_values = 0, float_parameters = 0 } = others;
    const scales = 4 * 9 * 160; // a float for each row of the six matrices
    const beside = 2 * token_values + 4 * float_parameters + scales;
    const bits = (8 * (bytes - beside)) / ternary_weights;
    expect(bits).toBeCloseTo(Number(row?.packed_bits), 6);
  });
});

describe('presets', () => {
  test('the program and this driver know the same, in the same order', async () => {
    expect((await rows('presets')).map(({ name }) => name)).toEqual(presets);
  });

  test('the table for people has a line for each, with the same numbers', async () => {
    const lines = (await print('presets')).trimEnd().split('\n');
    expect(lines).toHaveLength(presets.length + 1);
    expect(lines[0]).toContain('data/tiny_stories_sample.txt');
    for (const [i, row] of (await rows('presets')).entries()) {
      const numbers = [row.parameters, row.training_bytes, row.file_bytes];
      const cells = numbers.map((number) => Number(number).toLocaleString('en'));
      expect(lines[i + 1]?.trim().split(/\s+/).slice(0, 4)).toEqual([row.name, ...cells]);
    }
  });

  test.each(presets)('%s is planned as the table says', async (preset) => {
    const row = (await rows('presets')).find(({ name }) => name === preset);
    const event = await plan('--preset', preset);
    expect(event.arena_bytes).toBe(row?.training_bytes);
    const { ternary_weights = 0, token_values = 0, float_parameters = 0, row_values = 0 } = event;
    const all = ternary_weights + token_values + float_parameters + row_values;
    expect(all).toBe(row?.parameters);
  });

  test.each([
    ['max32', 32],
    ['max64', 64],
  ] as const)('%s leaves the system of such a laptop its four megabytes', async (preset, ramMb) => {
    expect((await plan('--preset', preset)).total_bytes).toBeLessThan((ramMb - 4) * 2 ** 20);
  });

  test('other options change a preset, before it and after', async () => {
    const [before, after, plain] = [
      await plan('--dim', '64', '--preset', 'tiny'),
      await plan('--preset', 'tiny', '--dim', '64'),
      await plan('--preset', 'tiny'),
    ];
    expect(before.items).toEqual(after.items);
    expect(before.arena_bytes).toBeGreaterThan(plain.arena_bytes);
  });

  test('the one for a book brings its tokenizer, unless another is given', async () => {
    const vocabulary = async (...args: string[]) => {
      const out = path.join(folder(), 'm.ckpt');
      const train = ['train', '--preset', 'book', '--stop-after', '1', '--out', out, '--force'];
      await print(...train, '--dim', '16', '--batch', '1', '--layers', '1', ...args);
      const said = await print('info', '--model', out);
      const [, size] = /vocabulary (\d+)/.exec(said) ?? [];
      return `${/^ {2}tokenizer +(\w+)/m.exec(said)?.[1]} ${size}`;
    };
    expect(await vocabulary()).toBe('bpe 1024');
    expect(await vocabulary('--vocab', '300')).toBe('bpe 300');
    expect(await vocabulary('--tokenizer', 'bytes')).toBe('bytes 256');
    const named = (await rows('presets')).map(({ name, tokenizer }) => `${name} ${tokenizer}`);
    expect(named).toContain('book bpe');
    expect(named).toContain('base chars');
  });

  test('without a preset it is the small one', async () => {
    expect((await plan()).items).toEqual((await plan('--preset', 'small')).items);
  });

  test('an empty text is refused by name', async () => {
    const result = await runProgram(['presets', '--text', '/dev/null']);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain('/dev/null');
  });
});
