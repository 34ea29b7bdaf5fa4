// What the laptop of the page starts from, in Node: the bytes that `npm run emu:train` starts from, for each
// machine; and what is refused before anything starts.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadLaptops } from '../../ts/guest/machines.ts';
import { multibootImage } from '../../ts/guest/multiboot.ts';
import { bootOf as bootOfJob } from '../../ts/guest/run.ts';
import { laptopContents } from '../../ts/laptop/contents.ts';
import { BUNDLED, SHELL } from '../../ts/laptop/shell_boot.ts';
import { guestJob } from '../../ts/runs/laptop.ts';
import { buildRunner } from '../../ts/runs/runners.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { laptopSettings } from '../../ts/training/commands.ts';
import { jobOf } from '../../ts/training/train.ts';
import { makeLaptopKit } from '../../ts/web/laptop.ts';
import type { LaptopKit } from '../../ts/web/laptop_kit.ts';
import {
  bootOf,
  type Choice,
  checkMemoryFits,
  checkTextFits,
  commandOf,
} from '../../web/src/laptop/order.ts';
import { HostSpeed } from '../../web/src/laptop/speed.ts';
import { bootOfShell } from '../../web/src/laptop/use.ts';
import { stories } from '../stories.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';

const folder = temporaryFolderOfSuite();
const inKit = (name: string) => readFileSync(path.join(folder(), name));
const machines = loadLaptops();
let kit: LaptopKit;
beforeAll(async () => {
  await makeLaptopKit(folder(), createProgress());
  kit = JSON.parse(inKit('laptop.json').toString());
});

function choiceOf(name: string, changed: Partial<Choice> = {}): Choice {
  const machine = machines.find((one) => one.name === name);
  if (!machine) throw new Error(`there is no ${name}`);
  const text = { name: 'stories.txt', bytes: new Uint8Array(readFileSync(stories)) };
  return { machine, text, preset: undefined, steps: laptopSettings.steps, ...changed };
}

test.each(machines.map(({ name }) => name))(
  '%s starts from the bytes that it starts from in Node',
  async (name) => {
    const choice = choiceOf(name);
    const { machine } = choice;
    const [kernel, init, program] = ['kernel.bin', 'init.bin', `${machine.build}.bin`].map(inKit);
    if (!kernel || !init || !program) throw new Error('the kit is not whole');
    const image = multibootImage(bootOf(kit, choice, { kernel, init, program }));
    const runner = await buildRunner({ name, target: machine.build, machine: name });
    const settings = { ...laptopSettings, seed: 1 };
    const training = { settings, text: stories, keepCheckpoint: true, story: false };
    const job = guestJob(machine, jobOf({ ...runner, machine }, training));
    const inNode = multibootImage(await bootOfJob(job, kit.token));
    expect(sha256(image)).toBe(sha256(inNode));
  },
);

test('one that a person uses starts from the bytes of npm run emu:shell', async () => {
  const { machine } = choiceOf('p3-64');
  const names = ['shell_kernel.bin', 'shell_init.bin', 'busybox.bin', 'p3.bin'];
  const [kernel, init, busybox, program] = names.map(inKit);
  if (!kernel || !init || !busybox || !program) throw new Error('the kit is not whole');
  const screen = { rows: 25, columns: 80 };
  const files = Object.fromEntries(
    BUNDLED.map((name) => [name, readFileSync(path.join(rootDir, name))]),
  );
  const parts = { kernel, init, busybox, program };
  const image = multibootImage(bootOfShell(kit, { machine, parts, files, screen }));
  const contents = { machine, token: kit.token, command: [SHELL], bundled: true };
  const console = { kind: 'terminal', ...screen } as const;
  const inNode = multibootImage(await laptopContents({ ...contents, console }, createProgress()));
  expect(sha256(image)).toBe(sha256(inNode));
});

describe('what is refused', () => {
  test('is a text that the RAM does not hold twice beside the kernel', () => {
    const text = (bytes: number) => ({ name: 'a.txt', bytes: new Uint8Array(bytes) });
    const most = 14 * 1024 * 1024;
    expect(() => checkTextFits(choiceOf('p3-32', { text: text(most) }))).not.toThrow();
    expect(() => checkTextFits(choiceOf('p3-32', { text: text(most + 1) }))).toThrow(
      'a.txt has 14,337 kB, and p3-32 takes a text of at most 14,336 kB',
    );
  });

  test('is a training that needs more than the machine can ever have free', () => {
    const choice = choiceOf('p3-32');
    const most = 28 * 1024 * 1024 - choice.text.bytes.length;
    expect(() => checkMemoryFits(choice, most)).not.toThrow();
    expect(() => checkMemoryFits(choice, most + 1)).toThrow(
      /^the training needs 28,282 kB, and p3-32 has at most 28,282 kB for it/,
    );
  });
});

test('the command line names what was chosen', () => {
  expect(commandOf(choiceOf('p3-64'), true)).toBe(
    'npm run emu:train -- --no-story --machine p3-64 --steps 200',
  );
  expect(commandOf(choiceOf('p2-64', { preset: 'small', steps: 5 }), false)).toBe(
    'npm run emu:train -- --no-story --machine p2-64 --text FILE --preset small --steps 5',
  );
});

test('the speed counts from the first step, and anew after a pause', () => {
  let now = 0;
  const speed = new HostSpeed(() => now);
  expect(speed.at(128)).toBeUndefined();
  now = 1000;
  expect(speed.at(628)).toBe(500);
  now = 60_000; // of which most was a pause
  speed.again();
  expect(speed.at(756)).toBeUndefined();
  now = 62_000;
  expect(speed.at(1756)).toBe(500);
});
