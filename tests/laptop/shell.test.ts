// A laptop that is used in a pipe, as a person would use it: `emu-shell` itself, with real boots.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { getFiles, putFiles } from '../../ts/laptop/disk_files.ts';
import { makeDiskImage } from '../../ts/laptop/disk_image.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

function start(...args: string[]) {
  const program = path.join(rootDir, 'scripts/legacy-llm.mjs');
  const child = spawn(process.execPath, [program, 'emu-shell', '--machine', 'p3-32', ...args]);
  const said = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (said.out += data));
  child.stderr.on('data', (data: Buffer) => (said.err += data));
  return { child, said };
}

async function shell(input: string, ...args: string[]) {
  const { child, said } = start(...args);
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, ...said };
}

test('commands, files, streams and the exit code go through', async () => {
  await makeDiskImage(at('disk'), 'ext2', 4 << 20);
  writeFileSync(at('in.txt'), 'from outside\n');
  await putFiles(at('disk'), [at('in.txt')]);
  const long = 'x'.repeat(20_000);
  const script = [
    'cat /disk/in.txt; echo problem >&2; legacy_llm version',
    "cat > /disk/long <<'END'",
    ...Array.from({ length: 20 }, () => long.slice(0, 1000)),
    'END',
    'wc -c < /disk/long; grep -c sse /proc/cpuinfo; exit 5',
  ];
  const { code, out, err } = await shell(`${script.join('\n')}\n`, '--disk', at('disk'));
  expect(out).toMatch(/^from outside\nlegacy_llm [\d.]+, kernels: SSE1 and MMX\n20020\n1\n$/);
  expect(err).toContain('problem\n');
  expect(code).toBe(5);
  await getFiles(at('disk'), ['long'], at('out'));
  expect(readFileSync(at('out/long'), 'utf8').replaceAll('\n', '')).toBe(long);
});

test('a snapshot goes on where it was, without a JIT, too, and only with its disk', async () => {
  await makeDiskImage(at('disk'), 'fat', 4 << 20);
  const disk = ['--disk', at('disk')];
  const saved = await shell('x=7; echo here > /disk/f\n', ...disk, '--save', at('snapshot'));
  expect(saved.code).toBe(0);
  const more = 'echo $x; cat /disk/f; exit 3\n';
  const loaded = await shell(more, ...disk, '--load', at('snapshot'), '--jit', 'off');
  expect([loaded.out, loaded.code]).toEqual(['7\nhere\n', 3]);
  const refused = await shell(more, ...disk, '--load', at('snapshot'));
  expect(refused.code).toBe(2);
  expect(refused.err).toContain('the disk is not as it was when the snapshot was made');
});

// Ends the chain of the first file of a FAT12 after its first cluster, as a power cut may.
function cutFirstFile(image: string): void {
  const bytes = readFileSync(image);
  const [reserved, tables, sectors] = [14, 16, 22].map((field) => bytes.readUInt16LE(field));
  for (let table = 0; table < ((tables ?? 0) & 0xff); table++) {
    const entry = 512 * ((reserved ?? 0) + table * (sectors ?? 0)) + 3; // of cluster 2, 12 bits
    bytes.writeUInt16LE(bytes.readUInt16LE(entry) | 0x0fff, entry);
  }
  writeFileSync(image, bytes);
}

test('a FAT that a power cut left half written is mended before it is used', async () => {
  await makeDiskImage(at('disk'), 'fat', 4 << 20);
  writeFileSync(at('in.txt'), 'x'.repeat(3000));
  await putFiles(at('disk'), [at('in.txt')]);
  cutFirstFile(at('disk'));
  const script = 'wc -c < /disk/in.txt; echo more >> /disk/in.txt && tail -c 5 /disk/in.txt\n';
  const { out, err, code } = await shell(script, '--disk', at('disk'));
  expect(err).toContain('/bin/fsck.fat has mended /dev/sda');
  expect([out, code]).toEqual(['1024\nmore\n', 0]);
});

test('a driver that is killed loses nothing that the laptop has synced, and leaves no lock', async () => {
  await makeDiskImage(at('disk'), 'ext2', 4 << 20);
  const { child, said } = start('--disk', at('disk'));
  child.stdin.write('echo kept > /disk/kept; sync; echo synced\n');
  while (!said.out.includes('synced')) await once(child.stdout, 'data');
  const inUse = await shell('', '--disk', at('disk'));
  expect([inUse.code, inUse.err]).toEqual([1, expect.stringContaining('is in use by another')]);
  child.kill('SIGKILL');
  await once(child, 'close');
  await getFiles(at('disk'), ['kept'], at('out'));
  expect(readFileSync(at('out/kept'), 'utf8')).toBe('kept\n');
});
