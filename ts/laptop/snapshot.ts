// Snapshots of a laptop: a header in text, then the state of v86.
//
//     legacy-llm snapshot 1\n
//     { one line of JSON, see SnapshotHeader }\n
//     the state, compressed with gzip
//
// A snapshot goes on only in the emulator and with the disk that it was made with: the kernel in it
// remembers what is on the disk.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Machine } from '../guest/machines.ts';
import { UserError } from '../support/errors.ts';
import { writeFileAtomic } from '../support/files.ts';
import { sha256 } from '../support/hash.ts';

const MAGIC = 'legacy-llm snapshot 1\n';
const NEWLINE = 10;
const FASTEST = { level: 1 };

// What a snapshot was made with.
export interface SnapshotHeader {
  machine: Pick<Machine, 'name' | 'ramMb' | 'cpu'>;
  /** The version of v86. */
  v86: string;
  console: 'terminal' | 'input';
  /** The word that opens its frames. */
  token: string;
  /** The SHA-256 of the disk, if there was one. */
  disk: string | undefined;
  bytes: number;
  sha256: string;
}

// What has to be the same for it to go on.
export type SnapshotPlace = Pick<SnapshotHeader, 'console' | 'disk'> & { machine: Machine };

// Whether a file that begins so is a snapshot.
export function isSnapshot(head: string): boolean {
  return head.startsWith(MAGIC);
}

// The version of the emulator.
export function v86Version(): string {
  return createRequire(import.meta.url)('v86/package.json').version;
}

// Writes a snapshot as a whole, or not at all.
export async function writeSnapshot(
  file: string,
  { machine, console, disk }: SnapshotPlace,
  token: string,
  state: Uint8Array,
): Promise<void> {
  const packed = await promisify(gzip)(state, FASTEST);
  const { name, ramMb, cpu } = machine;
  const header: SnapshotHeader = {
    machine: { name, ramMb, cpu },
    v86: v86Version(),
    console,
    token,
    disk,
    bytes: packed.length,
    sha256: sha256(packed),
  };
  const head = Buffer.from(`${MAGIC}${JSON.stringify(header)}\n`);
  await writeFileAtomic(file, Buffer.concat([head, packed]));
}

// Reads one that fits; throws a UserError that says in one line why another does not.
export async function readSnapshot(
  file: string,
  place: SnapshotPlace,
): Promise<{ token: string; state: Uint8Array }> {
  const data = await readFile(file);
  const end = data.indexOf(NEWLINE, MAGIC.length);
  if (!isSnapshot(data.toString('latin1', 0, MAGIC.length)) || end < 0) {
    throw refused(file, 'it is no snapshot of emu-shell');
  }
  const header = parseHeader(file, data.toString('utf8', MAGIC.length, end));
  const packed = data.subarray(end + 1);
  if (packed.length !== header.bytes || sha256(packed) !== header.sha256) {
    throw refused(file, 'it is damaged: its SHA-256 is not what it says');
  }
  const why = differenceOf(header, place);
  if (why !== undefined) throw refused(file, why);
  return { token: header.token, state: await promisify(gunzip)(packed) };
}

function parseHeader(file: string, line: string): SnapshotHeader {
  try {
    return JSON.parse(line);
  } catch {
    throw refused(file, 'it is damaged: its header cannot be read');
  }
}

function differenceOf(header: SnapshotHeader, { machine, console, disk }: SnapshotPlace) {
  const { name, ramMb, cpu } = header.machine;
  if (name !== machine.name || ramMb !== machine.ramMb || cpu !== machine.cpu) {
    return `it was made of ${name} with ${ramMb} MB, not of ${machine.name} with ${machine.ramMb} MB`;
  }
  if (header.v86 !== v86Version()) {
    return `it was made with v86 ${header.v86}, not ${v86Version()}`;
  }
  if (header.console !== console) {
    const how = { terminal: 'at a terminal', input: 'without a terminal' };
    return `it was made ${how[header.console]}, and goes on only so`;
  }
  if (header.disk !== disk) {
    if (disk === undefined) return 'it was made with a disk: name it with --disk';
    if (header.disk === undefined) return 'it was made without a disk: leave --disk out';
    return 'the disk is not as it was when the snapshot was made';
  }
  return undefined;
}

function refused(file: string, why: string): UserError {
  return new UserError(`the snapshot ${file} is refused: ${why}`, { exitCode: 2 });
}
