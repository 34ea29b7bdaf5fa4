// Exported models: what may be exported where, and what is refused of a file that is no good.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { crc32 } from '../../ts/support/crc.ts';
import type { ExecResult } from '../../ts/support/exec.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

// Makes a checkpoint m.ckpt of one step.
const train = (dim = 12) => {
  const sizes = [...small, '--dim', String(dim), '--steps', '1'];
  return runProgram(['train', '--text', stories, '--out', at('m.ckpt'), ...sizes]);
};
const exportTo = (out: string, model = at('m.ckpt')) =>
  runProgram(['export', '--model', model, '--out', out]);
const generate = (model: string) => runProgram(['generate', '--model', model, '--tokens', '5']);

function expectRefusal(result: ExecResult, says: RegExp): void {
  expect(result.exitCode).toBe(2);
  expect(onlyLine(result)).toMatch(says);
}

describe('export', () => {
  test('it says how many bytes of weights it wrote, and that is what the file holds', async () => {
    await train(32); // where weights outweigh the heads of sections
    const { stdout } = await exportTo(at('e'));
    const bytes = readFileSync(at('e'));
    const { sections, tokenizer } = readCheckpoint(bytes);
    const weights = sections.reduce((sum, section) => sum + section.bytes.length, 0);
    const heads = bytes.readInt32LE(12) + 32 * (sections.length + 2); // tokenizer and end, too
    expect(bytes.length).toBe(heads + 4 * tokenizer.entries.length + weights);
    expect(stdout).toContain(`, ${weights.toLocaleString('en')} bytes of weights`);
    expect(bytes.length).toBeLessThan(readFileSync(at('m.ckpt')).length / 2);
    expect((await runProgram(['info', '--model', at('e')])).stdout).toContain('an exported model');
    expect((await runProgram(['info', '--model', at('m.ckpt')])).stdout).toContain(
      'a checkpoint of a training',
    );
  });

  test('it needs a model and a place for it', async () => {
    await train();
    const withoutOut = await runProgram(['export', '--model', at('m.ckpt')]);
    expectRefusal(withoutOut, /give the file to write with --out/);
    const bundled = await runProgram(['export', '--out', at('e')], folder()); // where there is none
    expectRefusal(bundled, /cannot use the checkpoint data\/stories\.llm: No such file/);
    expectRefusal(await exportTo(at('e'), at('none')), /cannot use the checkpoint .*none: No such/);
    for (const out of [at('none/e'), folder()]) {
      const result = await exportTo(out);
      expect(result.exitCode).not.toBe(0);
      expect(onlyLine(result)).toMatch(/cannot write/);
    }
    expect(readdirSync(folder())).toEqual(['m.ckpt']);
  });

  test('it never goes over the checkpoint that it is made of', async () => {
    await train();
    const before = readFileSync(at('m.ckpt'));
    expectRefusal(await exportTo(at('m.ckpt')), /would be written over --model/);
    expectRefusal(await exportTo(`${folder()}/./m.ckpt`), /would be written over --model/);
    expect(readFileSync(at('m.ckpt'))).toEqual(before);
  });

  test('a damaged checkpoint is not exported', async () => {
    await train();
    writeFileSync(at('bad'), readFileSync(at('m.ckpt')).subarray(0, -100));
    expectRefusal(await exportTo(at('e'), at('bad')), /cannot use the checkpoint/);
    expect(readdirSync(folder()).sort()).toEqual(['bad', 'm.ckpt']);
  });
});

describe('an exported model', () => {
  test('it cannot be trained on', async () => {
    await train();
    await exportTo(at('e'));
    const resumed = await runProgram(['train', '--text', stories, '--resume', at('e')]);
    expectRefusal(
      resumed,
      /is an exported model, which cannot be trained further; give --resume a checkpoint/,
    );
    const planned = await runProgram(['plan', '--text', stories, '--resume', at('e')]);
    expectRefusal(planned, /is an exported model/);
  });

  test('when it ends anywhere before its end then it is refused', async () => {
    await train();
    await exportTo(at('e'));
    const good = readFileSync(at('e'));
    for (let i = 0; i < 30; i++) {
      writeFileSync(at('cut'), good.subarray(0, Math.floor((i * (good.length - 1)) / 29)));
      expectRefusal(await generate(at('cut')), /the file ends|shorter than the header/);
    }
  });

  test('every flipped bit of it is found', async () => {
    await train();
    await exportTo(at('e'));
    const good = readFileSync(at('e'));
    for (let i = 0; i < 30; i++) {
      const bad = Buffer.from(good);
      const place = Math.floor((i * (good.length - 1)) / 29);
      bad.writeUInt8((good[place] ?? 0) ^ (1 << (i % 8)), place);
      writeFileSync(at('bad'), bad);
      expectRefusal(await generate(at('bad')), /cannot use the checkpoint/);
    }
  });

  // A row of 12 trits takes three bytes, of five, five and two.
  test.each<[string, (data: Buffer) => unknown, RegExp]>([
    ['layer0.wq', (data) => data.writeUInt8(243, 0), /its packed weights hold impossible codes/],
    ['layer0.wq', (data) => data.writeUInt8(9, 2), /its packed weights hold impossible codes/],
    ['layer0.wup', (data) => data.writeUInt8(255, data.length - 1), /hold impossible codes/],
    ['layer0.wq.scale', (data) => data.writeFloatLE(Number.NaN), /wq.scale holds impossible/],
    ['layer0.wo.scale', (data) => data.writeFloatLE(-0.5), /wo.scale holds impossible/],
  ])(
    'when its section %s is made to hold what cannot be then it is refused',
    async (name, change, says) => {
      await train();
      await exportTo(at('e'));
      const bytes = readFileSync(at('e'));
      const start = bytes.indexOf(`${name}\0`, 'latin1');
      const data = bytes.subarray(start + 32, start + 32 + bytes.readUInt32LE(start + 24));
      change(data);
      bytes.writeUInt32LE(crc32(data, crc32(bytes.subarray(start, start + 28))), start + 28);
      writeFileSync(at('bad'), bytes);
      expectRefusal(await generate(at('bad')), says);
    },
  );
});
