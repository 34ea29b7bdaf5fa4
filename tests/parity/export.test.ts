// An exported model is its checkpoint without the training: the same bits, the same text.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { sampleText } from '../../ts/stories/text.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { runProgram, small } from '../program/program.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
const text = path.resolve(sampleText);

async function run(target: string, ...args: string[]): Promise<string> {
  const result = await runProgram(args, undefined, target);
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  return result.stdout;
}

// A story, and what the held-out part of the text costs.
async function use(target: string, model: string): Promise<string[]> {
  return [
    await run(target, 'generate', '--model', model, '--tokens', '300'),
    await run(target, 'eval', '--model', model, '--text', text, '--eval-tokens', '1000', '--json'),
  ];
}

// Trits, signs and 2-bit codes; of int8 latents, of float latents, and of none.
const methods = [
  ['--optimizer', 'muon', '--scheme', 'pow2'],
  ['--optimizer', 'muon', '--scheme', 'row', '--norm', 'layer'],
  ['--optimizer', 'lion', '--scheme', 'binary'],
  ['--optimizer', 'adam', '--scheme', '2bit', '--act', 'relu'],
  ['--optimizer', 'direct'],
];

describe('export', () => {
  test.each(methods.map((method) => [method]))(
    'a model of %j writes what its checkpoint writes, on host and p3',
    async (method) => {
      const sizes = [...small, '--dim', '36', '--steps', '12'];
      await run('host', 'train', '--text', text, '--out', at('m.ckpt'), ...sizes, ...method);
      const expected = await use('host', at('m.ckpt'));
      for (const target of ['host', 'p3']) {
        const model = at(`${target}.model`);
        await run(target, 'export', '--model', at('m.ckpt'), '--out', model);
        expect(readCheckpoint(readFileSync(model)).contents).toBe('model');
        expect(sha256(readFileSync(model))).toBe(sha256(readFileSync(at('host.model'))));
        expect(await use(target, model)).toEqual(expected);
        expect(await use(target, at('m.ckpt'))).toEqual(expected);
      }
    },
  );

  test('an exported model can be exported again, to the same bytes', async () => {
    await run('host', 'train', '--text', text, '--out', at('m.ckpt'), ...small, '--steps', '2');
    await run('host', 'export', '--model', at('m.ckpt'), '--out', at('once'));
    await run('host', 'export', '--model', at('once'), '--out', at('twice'));
    expect(readFileSync(at('twice'))).toEqual(readFileSync(at('once')));
  });
});
