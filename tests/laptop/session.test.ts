// The driver's side of a session in a pipe, at a laptop that only says what a test lets it say.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeEach, expect, test, vi } from 'vitest';
import { findLaptop } from '../../ts/guest/machines.ts';
import { type Seat, sitAtLaptop } from '../../ts/laptop/session.ts';
import { writeSnapshot } from '../../ts/laptop/snapshot.ts';
import type { Laptop, LaptopEars, LaptopEnd } from '../../ts/laptop/start.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
const machine = findLaptop('p3-32');

// The laptop: what it was sent, and how it ends.
class StillLaptop implements Laptop {
  readonly ears: LaptopEars;
  readonly ended: Promise<LaptopEnd>;
  sent = '';
  saves = 0;
  end: (how: LaptopEnd) => void = () => {};
  leave = (failure?: unknown) => this.#leave(failure);
  #fail: (failure: unknown) => void = () => {};

  constructor(ears: LaptopEars) {
    this.ears = ears;
    this.ended = new Promise((resolve, reject) => {
      this.end = resolve;
      this.#fail = reject;
    });
  }

  input(bytes: Uint8Array): void {
    this.sent += Buffer.from(bytes).toString('latin1');
  }

  async save(): Promise<Uint8Array> {
    this.saves++;
    return Buffer.from(`has seen ${this.sent}`);
  }

  readyState(): Promise<Uint8Array> {
    return this.save();
  }

  #leave(failure: unknown): void {
    if (failure === undefined) this.end('left');
    else this.#fail(failure);
  }
}

beforeEach(async () => {
  const place = { machine, console: 'input' as const, disk: undefined };
  await writeSnapshot(at('before'), place, 'token', Buffer.from('a state'));
});

async function sit() {
  const input = new PassThrough();
  const nothing = new PassThrough();
  const said: string[] = [];
  const progress = createProgress({ write: (text) => said.push(text) });
  const seat = { input, output: nothing, errors: nothing } as unknown as Seat;
  const settings = { machine, load: at('before'), save: at('after'), jit: true };
  const started: StillLaptop[] = [];
  const code = sitAtLaptop(settings, seat, progress, (_, ears) => {
    const laptop = new StillLaptop(ears);
    started.push(laptop);
    return laptop;
  });
  const laptop = await vi.waitUntil(() => started[0]);
  return { laptop, input, code, said };
}

test('a laptop that was idle before the last input came is not saved yet', async () => {
  const { laptop, input, code } = await sit();
  input.write('one\n');
  await vi.waitUntil(() => laptop.sent === 'one\n');
  input.end('two\n');
  await vi.waitUntil(() => laptop.sent === 'one\ntwo\n');
  await once(input, 'close');
  laptop.ears.onIdle?.(1);
  expect(laptop.saves).toBe(0);
  laptop.ears.onIdle?.(2);
  expect(await code).toBe(0);
  expect(existsSync(at('after'))).toBe(true);
});

test('a shell that ends leaves nothing to save, and that is said', async () => {
  const { laptop, code, said } = await sit();
  laptop.end('done');
  expect(await code).toBe(0);
  expect(said.join('')).toBe(
    `no snapshot ${at('after')}: the shell ended, which switched the laptop off\n`,
  );
});
