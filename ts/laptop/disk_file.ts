// A disk of v86 that is a file: each write goes to the file when the laptop's controller carries it
// out, so that the file is at any moment what the disk would be if the power went. Not a cache: reads
// come from the file, too, which may be larger than memory.
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

export const SECTOR = 512;

// Is asked before each write; where it says no, nothing is written any more.
export type Allow = (offset: number, bytes: Uint8Array) => boolean;

type Receive = (bytes: Uint8Array) => void;

// In the shape that v86 wants its disks to have.
export class DiskFile {
  readonly byteLength: number;
  /** Called by v86's loader, which sets it. */
  onload: (() => void) | undefined;
  readonly #file: number;
  readonly #allow: Allow;

  constructor(path: string, allow: Allow = () => true) {
    this.#file = openSync(path, 'r+');
    this.#allow = allow;
    this.byteLength = fstatSync(this.#file).size;
  }

  load(): void {
    this.onload?.();
  }

  get(offset: number, length: number, receive: Receive): void {
    receive(this.get_from_cache(offset, length));
  }

  get_and_cache(offset: number, length: number, receive: Receive): void {
    this.get(offset, length, receive);
  }

  get_from_cache(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    readSync(this.#file, bytes, 0, length, offset);
    return bytes;
  }

  set(offset: number, bytes: Uint8Array, done: () => void): void {
    if (this.#allow(offset, bytes)) writeAll(this.#file, bytes, offset);
    done();
  }

  // What a saved state holds of the disk: nothing, since the file is kept.
  get_state(): number[] {
    return [this.byteLength];
  }

  set_state(): void {}

  // Gets what was written to the host's own disk.
  sync(): void {
    fsyncSync(this.#file);
  }

  close(): void {
    this.sync();
    closeSync(this.#file);
  }
}

function writeAll(file: number, bytes: Uint8Array, offset: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, offset + done);
  }
}
