import { readFileSync, rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  afterCuts,
  type Cut,
  diskAfterCut,
  diskAt,
  drawCut,
  type PowerCutSettings,
  recover,
  savedBy,
  trainWhole,
  type WholeTraining,
} from '../../ts/laptop/power_cuts.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { seededRandom } from '../../ts/support/random.ts';
import { storiesOf } from '../stories.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';

const folder = temporaryFolderOfSuite();
const silent = createProgress({ write: () => true });

describe('a cut', () => {
  const write = (instructions: number, offset: number, sectors: number, fill: number) => ({
    instructions,
    offset,
    bytes: Buffer.alloc(sectors * 512, fill),
  });
  const whole: WholeTraining = {
    disk: Buffer.alloc(4096),
    writes: [write(5, 0, 1, 1), write(20, 512, 3, 2), write(30, 0, 1, 3), write(90, 0, 1, 4)],
    began: 10,
    ended: 40,
    steps: [15, 25, 35],
    sums: { checkpoint: '', log: '' },
  };
  const cuts = () => {
    const random = seededRandom(1);
    return Array.from({ length: 500 }, () => drawCut(whole, random));
  };
  const bytesAt = (cut: Cut) => [0, 512, 1024, 1536].map((at) => diskAt(whole, cut)[at]);

  test('leaves what was written before it, and the first sectors of the write at hand', () => {
    expect(bytesAt({ instructions: 10, writes: 1, sectors: 0 })).toEqual([1, 0, 0, 0]);
    expect(bytesAt({ instructions: 20, writes: 1, sectors: 2 })).toEqual([1, 2, 2, 0]);
    expect(bytesAt({ instructions: 40, writes: 3, sectors: 0 })).toEqual([3, 2, 2, 2]);
  });

  test('falls into the training, and mostly into its writes', () => {
    for (const { instructions, writes, sectors } of cuts()) {
      expect(instructions).toBeGreaterThanOrEqual(whole.began);
      expect(instructions).toBeLessThanOrEqual(whole.ended);
      expect([1, 2, 3]).toContain(writes);
      expect(sectors).toBeLessThan((whole.writes[writes]?.bytes.length ?? 0) / 512);
    }
    const disks = new Set(cuts().map(({ writes, sectors }) => `${writes}.${sectors}`));
    expect([...disks].sort()).toEqual(['1.0', '1.1', '1.2', '2.0', '3.0']);
  });

  test('comes after the save of each step but the one that was told last', () => {
    const saved = (instructions: number) => savedBy(whole, { instructions, writes: 0, sectors: 0 });
    expect([12, 20, 26, 36].map(saved)).toEqual([0, 0, 1, 2]);
  });
});

describe('a laptop', () => {
  let settings: PowerCutSettings;
  let whole: WholeTraining;

  beforeAll(async () => {
    const text = storiesOf(4000);
    settings = { fileSystem: 'floppy', times: 3, seed: 5, steps: 4, text, folder: folder() };
    whole = await trainWhole(settings, silent);
  });

  test('whose power goes has the disk that the writes up to then make', async () => {
    const random = seededRandom(3);
    const cut = { ...drawCut(whole, random), sectors: 0 };
    expect(cut.writes).toBeGreaterThan(0);
    const disk = await diskAfterCut(settings, cut.instructions, silent);
    expect(disk.equals(diskAt(whole, cut))).toBe(true);
  });

  test('goes on to the same bits, switched on or booted before, and loses no saved step', async () => {
    const { switchedOn, booted } = await afterCuts(settings, silent);
    const random = seededRandom(settings.seed);
    for (const order of [switchedOn, booted, booted]) {
      const cut = drawCut(whole, random);
      const { failure, from } = await recover(settings, whole, cut, order);
      expect(failure).toBeUndefined();
      expect(from).toBeGreaterThanOrEqual(savedBy(whole, cut));
    }
  });

  test('whose disk cannot be used any more is told of, and its disk is kept', async () => {
    const { booted } = await afterCuts(settings, silent);
    const broken = { ...whole, disk: Buffer.alloc(whole.disk.length, 0xff), writes: [] };
    const cut = { instructions: 1, writes: 0, sectors: 0 };
    const { failure, way } = await recover(settings, broken, cut, booted);
    expect([failure, way]).toEqual([
      expect.stringContaining('the emulated laptop stopped'),
      undefined,
    ]);
    const kept = /\(the disk: (.*)\)$/.exec(failure ?? '')?.[1] ?? '';
    expect(readFileSync(kept).equals(broken.disk)).toBe(true);
    rmSync(kept);
  });
});
