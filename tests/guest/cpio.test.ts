import { describe, expect, it } from 'vitest';
import { type CpioEntry, cpioArchive } from '../../ts/guest/cpio.ts';

interface Read {
  name: string;
  mode: number;
  data: string;
  device: [number, number];
}

// A reader of its own, after the format's description: 13 hex fields of 8 after the magic.
function readArchive(bytes: Uint8Array): Read[] {
  const archive = Buffer.from(bytes);
  const found: Read[] = [];
  for (let at = 0; ; ) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (n: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + n * 8, at + 14 + n * 8), 16);
    const nameStart = at + 110;
    const name = archive.toString('utf8', nameStart, nameStart + field(11) - 1);
    const dataStart = Math.ceil((nameStart + field(11)) / 4) * 4;
    if (name === 'TRAILER!!!') return found;
    const data = archive.toString('latin1', dataStart, dataStart + field(6));
    found.push({ name, mode: field(1), data, device: [field(9), field(10)] });
    at = Math.ceil((dataStart + field(6)) / 4) * 4;
  }
}

const entries: CpioEntry[] = [
  { kind: 'device', path: '/dev/console', major: 5, minor: 1 },
  { kind: 'file', path: '/in/deep/text', data: Buffer.from('odd') },
  { kind: 'file', path: '/init', data: Buffer.from('four'), executable: true },
  { kind: 'folder', path: '/in' },
];

describe('cpioArchive', () => {
  it('when entries are given, then a reader finds them, parents first', () => {
    expect(readArchive(cpioArchive(entries))).toEqual([
      { name: 'dev', mode: 0o40755, data: '', device: [0, 0] },
      { name: 'dev/console', mode: 0o20666, data: '', device: [5, 1] },
      { name: 'in', mode: 0o40755, data: '', device: [0, 0] },
      { name: 'in/deep', mode: 0o40755, data: '', device: [0, 0] },
      { name: 'in/deep/text', mode: 0o100644, data: 'odd', device: [0, 0] },
      { name: 'init', mode: 0o100755, data: 'four', device: [0, 0] },
    ]);
  });

  it('when written twice, then the bytes are the same and fill whole blocks', () => {
    const archive = cpioArchive(entries);
    expect(cpioArchive(entries)).toEqual(archive);
    expect(archive.length % 512).toBe(0);
  });

  it.each(['/a/../b', '//', '/a//b', ''])('when the path is %j, then it is refused', (path) => {
    expect(() => cpioArchive([{ kind: 'folder', path }])).toThrow('not a plain path');
  });

  it('when a path is there twice or runs through a file, then it is refused', () => {
    const file = (path: string): CpioEntry => ({ kind: 'file', path, data: Buffer.alloc(0) });
    expect(() => cpioArchive([file('/a'), file('a')])).toThrow('a is there twice');
    expect(() => cpioArchive([file('/a'), file('/a/b')])).toThrow('a is not a folder');
  });
});
