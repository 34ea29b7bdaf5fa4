import { describe, expect, it } from 'vitest';
import {
  commandText,
  parseReference,
  parseSeeds,
  parseTables,
} from '../../ts/experiments/settings.ts';
import { options } from './samples.ts';

describe('options of one word', () => {
  it('when tables are named, then they come once and in their order', () => {
    expect(parseTables('memory,schemes,memory')).toEqual(['schemes', 'memory']);
  });

  it.each(['schemes,tables', ''])('when the tables are %j, then it lists what there is', (text) => {
    expect(() => parseTables(text)).toThrow('schemes, optimizers, memory');
  });

  it('when seeds are given, then each comes once', () => {
    expect(parseSeeds('3,1,3')).toEqual([3, 1]);
  });

  it.each(['', '1,x', '1,', '-1', '4294967296'])('when the seeds are %j, then no', (text) => {
    expect(() => parseSeeds(text)).toThrow('whole number');
  });

  it('when references are given, then each is a name, which may hold a "=", and a loss', () => {
    const first = parseReference('nanoGPT fp32=1.904');
    expect(parseReference('lr=0.1=2', first)).toEqual([
      { name: 'nanoGPT fp32', loss: '1.904' },
      { name: 'lr=0.1', loss: '2' },
    ]);
  });

  it.each(['1.9', '=1.9', 'name=low', 'name='])('when a reference is %j, then no', (text) => {
    expect(() => parseReference(text)).toThrow(/must be/);
  });
});

describe('commandText', () => {
  it('when defaults hold, then each is spelt out, and what is not given is left out', () => {
    expect(commandText(options)).toBe(
      'npx legacy-llm experiments --text /texts/stories.txt --tables schemes,optimizers,memory ' +
        '--seeds 1 --layers 4 --heads 2 --dim 8 --context 4 --batch 2 --steps 40 --jobs 2 ' +
        '--target host-native --out out',
    );
  });

  it('when a value has spaces or quotes, then a shell takes it as one word', () => {
    const reference = [{ name: "it's fp32", loss: '1.9' }];
    const text = commandText({
      ...options,
      only: ['row', '1/none'],
      embeddingLr: '0.01',
      reference,
    });
    expect(text).toContain(" --reference 'it'\\''s fp32=1.9' ");
    expect(text).toContain(' --only row,1/none ');
    expect(text).toContain(' --embedding-lr 0.01 ');
  });
});
