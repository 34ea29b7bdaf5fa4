// Runs of the driver that are to be hit: each with temporary folder, outputs and cache of its own, and
// with a mark that all its processes have, by which those that are left behind are found (Linux).
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endingWithUs } from '../../scripts/child.mjs';
import { ensureKernel } from '../guest/kernel.ts';
import { findImage } from '../images/rows.ts';
import { copyCheckout } from '../support/checkout.ts';
import { exists } from '../support/files.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { cacheDir, rootDir } from '../support/paths.ts';
import { kill } from '../support/processes.ts';
import type { Place } from './faults.ts';

// A place in which the driver runs.
export interface Laboratory {
  folder: string;
  checkout: string;
  env: Readonly<Record<string, string>>;
}

// A run that goes on.
export interface DriverRun {
  driver: number;
  /** Resolves when it has said this, or has ended. */
  says: (words: RegExp) => Promise<void>;
  ended: Promise<Seen>;
}

// What is seen of a run: its exit code as a shell has it, and all that it said.
export interface Seen {
  exitCode: number;
  said: string;
}

const MARK = 'LEGACY_LLM_LABORATORY';
// What is left after so long would stay; a compiler ends its file before.
const PATIENCE_MS = 60_000;
const LOOK_MS = 100;
// No registry listens there.
const NO_REGISTRY = 'http://127.0.0.1:9/';
// What every i386 build needs, and no fault is about.
const KEPT = /^musl-i386/;

// Makes a laboratory in a folder that is there and empty.
export async function laboratoryIn(folder: string, place: Place): Promise<Laboratory> {
  const at = (name: string) => path.join(folder, name);
  for (const name of ['tmp', 'out', 'cache/legacy-llm', 'npm']) {
    await mkdir(at(name), { recursive: true });
  }
  const own = { TMPDIR: at('tmp'), [MARK]: folder };
  if (place === 'here') return { folder, checkout: rootDir, env: own };
  await copyCheckout(at('checkout'));
  for (const name of readdirSync(cacheDir()).filter((each) => KEPT.test(each))) {
    await cp(path.join(cacheDir(), name), at(`cache/legacy-llm/${name}`), { recursive: true });
  }
  if (place === 'damaged cache') await damagedKernels(at('cache/legacy-llm/kernel'));
  if (place === 'no packages') await rm(at('checkout/node_modules'));
  const npm = { npm_config_registry: NO_REGISTRY, npm_config_cache: at('npm') };
  const env = { ...own, ...npm, XDG_CACHE_HOME: at('cache') };
  return { folder, checkout: at('checkout'), env };
}

// The kernels that the cache of this user has, each with one bit changed.
async function damagedKernels(folder: string): Promise<void> {
  await ensureKernel({ kernel: findImage('floppy').kernel });
  await cp(path.join(cacheDir(), 'kernel'), folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name, 'bzImage');
    const kernel = await readFile(file);
    kernel.writeUInt8(kernel.readUInt8(kernel.length >> 1) ^ 4, kernel.length >> 1);
    await writeFile(file, kernel);
  }
}

// Starts a command of the driver.
export function startDriver({ folder, checkout, env }: Laboratory, args: readonly string[]) {
  const script = path.join(checkout, 'scripts/legacy-llm.mjs');
  const words = [...endingWithUs('KILL'), process.execPath, script, ...args];
  const child = spawn(words[0] as string, words.slice(1), {
    ...{ cwd: folder, env: { ...process.env, ...env }, detached: true },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return watched(child);
}

function watched(child: ChildProcess): DriverRun {
  let said = '';
  const driver = child.pid ?? 0;
  const stop = () => kill(-driver, 'SIGKILL'); // a group of its own: Ctrl-C is for us
  interruptSignal.addEventListener('abort', stop);
  const ended = once(child, 'close').then(([code, signal]): Seen => {
    interruptSignal.removeEventListener('abort', stop);
    interruptSignal.throwIfAborted();
    const exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals];
    return { exitCode, said };
  });
  const says = (words: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (said.split('\n').some((line) => words.test(line))) resolve();
      };
      child.stderr?.on('data', look);
      void ended.finally(resolve).catch(() => {});
      look();
    });
  child.stderr?.on('data', (data) => {
    said += String(data);
  });
  return { driver, says, ended };
}

// A process of a laboratory.
export interface Marked {
  pid: number;
  command: string;
}

// All processes of a laboratory that are there.
export function processesOf({ folder }: Laboratory): Marked[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.flatMap((name) => {
    const read = (file: string) => readProc(`/proc/${name}/${file}`).split('\0');
    if (!read('environ').includes(`${MARK}=${folder}`)) return [];
    return [{ pid: Number(name), command: read('cmdline').join(' ').trim() }];
  });
}

// Processes end while they are being looked at.
function readProc(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

// The processes that do not end by themselves: they are ended, and named.
export async function endLeftProcesses(laboratory: Laboratory): Promise<string[]> {
  const started = performance.now();
  for (;;) {
    const left = processesOf(laboratory);
    if (left.length === 0) return [];
    if (performance.now() - started > PATIENCE_MS) {
      for (const { pid } of left) kill(pid, 'SIGKILL');
      return left.map(({ command }) => `process: ${command}`);
    }
    await sleep(LOOK_MS);
  }
}

// The temporary files that are there: all in the temporary folder, and those beside outputs, builds and
// what the cache keeps.
export async function leftFiles({ folder, checkout }: Laboratory): Promise<string[]> {
  const inTmp = readdirSync(path.join(folder, 'tmp'));
  const own = checkout === rootDir ? [] : [path.join(checkout, 'images')];
  const left = inTmp.map((name) => `tmp/${name}`);
  for (const place of [path.join(folder, 'out'), path.join(folder, 'cache'), ...own]) {
    const names = (await exists(place)) ? await readdir(place, { recursive: true }) : [];
    left.push(...names.filter((name) => name.endsWith('.tmp')));
  }
  return left.map((name) => `file: ${name}`);
}
