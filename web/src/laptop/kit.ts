// The files that the laptops start from, which stand beside the page (ts/web/laptop.ts).
import storiesUrl from '#data/stories.llm?url';
import busyboxUrl from '#laptop/busybox.bin?url';
import initUrl from '#laptop/init.bin?url';
import kernelUrl from '#laptop/kernel.bin?url';
import kitUrl from '#laptop/laptop.json?url';
import p2Url from '#laptop/p2.bin?url';
import p3Url from '#laptop/p3.bin?url';
import shellInitUrl from '#laptop/shell_init.bin?url';
import shellKernelUrl from '#laptop/shell_kernel.bin?url';
import wasmUrl from '#laptop/v86.wasm?url';
import type { Machine } from '../../../ts/guest/machine.ts';
import { BUNDLED } from '../../../ts/laptop/shell_boot.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import { download } from '../parts/files.ts';
import { downloadStories } from '../parts/stories.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const programs: Readonly<Record<Machine['build'], string>> = { p2: p2Url, p3: p3Url };

// What the page has to know of them.
export async function loadKit(): Promise<LaptopKit> {
  const bytes = await bytesOf(kitUrl, 'what is known of the laptops');
  return JSON.parse(new TextDecoder().decode(bytes));
}

export function loadEmulator(): Promise<Bytes> {
  return bytesOf(wasmUrl, 'the emulator');
}

// What a laptop starts from that carries out a job.
export async function loadParts({ build }: Machine) {
  const [kernel, init, program] = await Promise.all([
    bytesOf(kernelUrl, 'the kernel of the laptop'),
    bytesOf(initUrl, 'the first process of the laptop'),
    loadProgram(build),
  ]);
  return { kernel, init, program };
}

// What a laptop starts from that a person uses.
export async function loadShellParts({ build }: Machine) {
  const [kernel, init, busybox, program] = await Promise.all([
    bytesOf(shellKernelUrl, 'the kernel of the laptop'),
    bytesOf(shellInitUrl, 'the first process of the laptop'),
    bytesOf(busyboxUrl, 'the shell of the laptop'),
    loadProgram(build),
  ]);
  return { kernel, init, busybox, program };
}

// The bundled model and its stories, by their paths in a laptop.
export async function loadBundled(): Promise<Record<string, Uint8Array>> {
  const files = [bytesOf(storiesUrl, 'stories.llm'), downloadStories().then(({ bytes }) => bytes)];
  const all = await Promise.all(files);
  return Object.fromEntries(BUNDLED.map((name, i) => [name, all[i] ?? new Uint8Array()]));
}

function loadProgram(build: Machine['build']): Promise<Bytes> {
  return bytesOf(programs[build], 'the program of the laptop');
}

async function bytesOf(url: string, what: string): Promise<Bytes> {
  return (await download(url, what)).bytes;
}
