// Writes cpio archives in the "newc" format, which is what the Linux kernel unpacks as its first
// file system. Reproducible: no times, owners or inode numbers of the host. Not a reader.
import { bytesOfText, joined } from '../support/bytes.ts';

// One file, folder or character device; paths as seen inside, with or without the leading slash.
export type CpioEntry =
  | { kind: 'file'; path: string; data: Uint8Array; executable?: boolean }
  | { kind: 'folder'; path: string }
  | { kind: 'device'; path: string; major: number; minor: number };

const MODE = { folder: 0o040755, device: 0o020666, file: 0o100644, executable: 0o100755 } as const;
const TRAILER = 'TRAILER!!!';
const EMPTY = new Uint8Array(0);

// The archive of these entries and of every folder on the way to them, each once.
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  withParents(entries).forEach((entry, index) => {
    parts.push(...record(entry, index + 1));
  });
  parts.push(...recordParts(TRAILER, { ino: 0, mode: 0, major: 0, minor: 0 }, EMPTY));
  return padded(joined(parts), 512);
}

function withParents(entries: readonly CpioEntry[]): CpioEntry[] {
  const byPath = new Map<string, CpioEntry>();
  for (const entry of entries) {
    const path = entry.path.replace(/^\/+|\/+$/g, '');
    const steps = path.split('/');
    if (steps.some((step) => step === '' || step === '.' || step === '..')) {
      throw new RangeError(`cpio: "${entry.path}" is not a plain path`);
    }
    for (let depth = 1; depth < steps.length; depth++) {
      const folder = steps.slice(0, depth).join('/');
      const there = byPath.get(folder);
      if (there === undefined) byPath.set(folder, { kind: 'folder', path: folder });
      else if (there.kind !== 'folder') throw new RangeError(`cpio: ${folder} is not a folder`);
    }
    const twin = byPath.get(path);
    if (twin !== undefined && !(twin.kind === 'folder' && entry.kind === 'folder')) {
      throw new RangeError(`cpio: ${path} is there twice`);
    }
    byPath.set(path, { ...entry, path });
  }
  return [...byPath.values()];
}

function record(entry: CpioEntry, ino: number): Uint8Array[] {
  const number = { ino, mode: modeOf(entry), major: 0, minor: 0 };
  if (entry.kind === 'device') {
    return recordParts(entry.path, { ...number, major: entry.major, minor: entry.minor }, EMPTY);
  }
  return recordParts(entry.path, number, entry.kind === 'file' ? entry.data : EMPTY);
}

function modeOf(entry: CpioEntry): number {
  return MODE[entry.kind === 'file' && entry.executable ? 'executable' : entry.kind];
}

interface Numbers {
  ino: number;
  mode: number;
  major: number;
  minor: number;
}

// Header and name padded to 4 bytes together, then the data padded to 4.
function recordParts(path: string, numbers: Numbers, data: Uint8Array): Uint8Array[] {
  const name = bytesOfText(`${path}\0`);
  const { ino, mode, major, minor } = numbers;
  // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
  const fields = [ino, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
  const hex = fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0'));
  const head = joined([bytesOfText(`070701${hex.join('')}`), name]);
  return [padded(head, 4), data, new Uint8Array(-data.length & 3)];
}

function padded(bytes: Uint8Array, unit: number): Uint8Array {
  const rest = bytes.length % unit;
  return rest === 0 ? bytes : joined([bytes, new Uint8Array(unit - rest)]);
}
