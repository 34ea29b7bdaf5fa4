// Snapshots: what was written is read, and anything else is refused in one line.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { findLaptop } from '../../ts/guest/machines.ts';
import { readSnapshot, type SnapshotPlace, writeSnapshot } from '../../ts/laptop/snapshot.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const file = () => path.join(folder(), 'snapshot');
const state = Buffer.from('a state of v86, with zeros\0\0\0\0 in it');
const place: SnapshotPlace = { machine: findLaptop('p3-32'), console: 'input', disk: 'abc' };

const write = () => writeSnapshot(file(), place, 'token', state);

test('a snapshot holds the state and the word of its frames', async () => {
  await write();
  const read = await readSnapshot(file(), place);
  expect(read.token).toBe('token');
  expect(Buffer.from(read.state).equals(state)).toBe(true);
});

test.each<[string, Partial<SnapshotPlace>]>([
  ['made of p3-32 with 32 MB, not of p2-64 with 64 MB', { machine: findLaptop('p2-64') }],
  ['made of p3-32 with 32 MB, not of p3-32 with 16 MB', { machine: findLaptop('p3-32', 16) }],
  ['made without a terminal', { console: 'terminal' }],
  ['made with a disk: name it with --disk', { disk: undefined }],
  ['the disk is not as it was', { disk: 'abd' }],
])('another place is refused: %s', async (why, other) => {
  await write();
  const refusal = readSnapshot(file(), { ...place, ...other });
  await expect(refusal).rejects.toThrow(why);
  await expect(refusal).rejects.toMatchObject({ exitCode: 2 });
});

test('a snapshot of another v86 is refused', async () => {
  await write();
  const text = readFileSync(file(), 'latin1').replace(/"v86":"[^"]+"/, '"v86":"0.1"');
  writeFileSync(file(), text, 'latin1');
  await expect(readSnapshot(file(), place)).rejects.toThrow('made with v86 0.1, not');
});

test.each<[string, (bytes: Buffer) => Buffer]>([
  ['it is no snapshot', () => Buffer.from('a text')],
  [
    'its header cannot be read',
    (bytes) => Buffer.concat([bytes.subarray(0, 30), Buffer.from('\n')]),
  ],
  ['its SHA-256', (bytes) => bytes.subarray(0, bytes.length - 1)],
  ['its SHA-256', (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([0x55])])],
])('a damaged one is refused: %s', async (why, damage) => {
  await write();
  writeFileSync(file(), damage(readFileSync(file())));
  await expect(readSnapshot(file(), place)).rejects.toThrow(why);
});
