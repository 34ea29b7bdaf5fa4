// The laptop in Chromium: it boots what was chosen, trains to a falling loss and writes, and ends in the
// checkpoint, the story and the number of instructions that it has in Node. It can be paused, and what
// does not fit is refused before it boots.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { findLaptop } from '../../ts/guest/machines.ts';
import { type GuestResult, runGuest } from '../../ts/guest/run.ts';
import type { TrainSettings } from '../../ts/program/train_options.ts';
import { guestJob } from '../../ts/runs/laptop.ts';
import { buildRunner } from '../../ts/runs/runners.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { laptopSettings } from '../../ts/training/commands.ts';
import { jobOf } from '../../ts/training/train.ts';
import { useSite } from './browser.ts';
import { text } from './native.ts';
import { tasksDuring } from './tasks.ts';

// Of a short text: the real one takes minutes.
const STEPS = 6;
// What may be loaded, compressed, before the laptop boots.
const MOST_LOADED = 2_000_000;
// What a task of the main thread may take, in milliseconds of its own time.
const LONG_TASK = 100;

const site = useSite();
const textFile = () => path.join(site.folder(), 'text.txt');
beforeAll(() => writeFileSync(textFile(), text));

// The same training in Node.
async function bootInNode(name: string, settings: TrainSettings): Promise<GuestResult> {
  const machine = findLaptop(name);
  const runner = await buildRunner({ name, target: machine.build, machine: name });
  const training = { settings, text: textFile(), keepCheckpoint: true, story: false };
  return runGuest(guestJob(machine, jobOf({ ...runner, machine }, training)));
}

const grouped = (value: number) => value.toLocaleString('en');
const textOf = (page: Page, name: string) => page.locator(`#laptop-${name}`).innerText();
const waitFor = (page: Page, name: string, words: string | RegExp) =>
  page.locator(`#laptop-${name}`, { hasText: words }).waitFor();

interface Chosen {
  machine?: string;
  size?: string;
  steps?: number;
}

// Pauses the laptop when its first step is shown, and keeps what the page says of it.
const PAUSE_AFTER_A_STEP = `{
  const at = (name) => document.getElementById('laptop-' + name);
  globalThis.said = [];
  const changes = { childList: true };
  new MutationObserver(() => said.push(at('status').textContent)).observe(at('status'), changes);
  new MutationObserver((_, observer) => {
    if (!/^\\d/.test(at('step').textContent)) return;
    observer.disconnect();
    at('pause').click();
  }).observe(at('step'), changes);
}`;

// Opens the page and chooses a short text that is opened as a file, and what else is given.
async function prepare({ machine, size, steps = STEPS }: Chosen): Promise<Page> {
  const page = await site.open();
  await openText(page, 'text.txt', text);
  await page.selectOption('#laptop-text', 'train');
  if (machine !== undefined) await page.selectOption('#laptop-machine', machine);
  if (size !== undefined) await page.selectOption('#laptop-size', size);
  await page.locator('#laptop-steps').fill(String(steps));
  return page;
}

// Opens a text under Train, and waits until it is read.
async function openText(page: Page, name: string, buffer: Buffer): Promise<void> {
  await page.setInputFiles('#text-file', { name, buffer, mimeType: '' });
  await page.locator('#text-facts', { hasText: `${name}: ` }).waitFor();
}

async function switchOn(page: Page): Promise<void> {
  await page.locator('#laptop-start').click();
}

// Waits for the end, and compares it with that of the same training in Node.
async function expectSame(page: Page, node: GuestResult): Promise<void> {
  await waitFor(page, 'status', /done|did not work/);
  expect(await textOf(page, 'status')).toContain('The laptop is done');
  const [training] = node.runs;
  expect(await textOf(page, 'sum')).toBe(sha256(node.outputs.get('/model.ckpt') ?? ''));
  expect(await textOf(page, 'training')).toBe(grouped(training?.instructions ?? 0));
  expect(await textOf(page, 'instructions')).toBe(grouped(node.totalInstructions));
  const story = node.outputs.get('/model.txt')?.toString();
  expect(await page.locator('#laptop-sample').textContent()).toBe(story);
}

describe('the laptop of the page', () => {
  test('carries out the instructions that it does in Node, to the same files, also when it is paused', async () => {
    const page = await prepare({});
    await page.evaluate(PAUSE_AFTER_A_STEP);
    await switchOn(page);
    await waitFor(page, 'status', /Paused after [\d,]+ instructions/);
    const screen = await textOf(page, 'screen');
    await page.waitForTimeout(500); // however long: it stands still
    expect(await textOf(page, 'screen')).toBe(screen);
    expect(screen).not.toContain('"event":"end"');
    await page.locator('#laptop-pause', { hasText: 'Go on' }).click();
    await waitFor(page, 'status', /done|did not work/);
    const said: string[] = await page.evaluate('said');
    const instructions = (words: string) =>
      said.find((line) => line.startsWith(words))?.slice(words.length);
    expect(instructions('Paused')).toMatch(/^ after [\d,]{9,} instructions\.$/);
    expect(instructions('Going on')).toBe(instructions('Paused'));

    const settings = { ...laptopSettings, steps: STEPS, seed: 1 };
    const node = await bootInNode('p3-64', settings);
    await expectSame(page, node);
    await expect.poll(() => page.workers()).toEqual([]); // nothing idle is left
    expect(await textOf(page, 'step')).toBe(`${STEPS} of ${STEPS}`);
    expect(Number(await textOf(page, 'loss'))).toBeLessThan(4.15); // what it begins with
    expect(await textOf(page, 'screen')).toContain('"event":"end"');
    expect(await textOf(page, 'memory')).toMatch(/^[\d,]+ kB of [\d,]+ kB free in 64 MB$/);
    expect(await textOf(page, 'peak')).toMatch(/^[\d,]+ kB$/);
    expect(await textOf(page, 'speed')).toMatch(/^[\d,]+$/);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#laptop-save').click(),
    ]);
    expect(readFileSync(await download.path())).toEqual(node.outputs.get('/model.ckpt'));
    await page.locator('#laptop-hand').click();
    await page.locator('#write-status', { hasText: 'The model is open.' }).waitFor();
  });

  test('is the machine that is chosen, with its build, and trains the size that is chosen', async () => {
    const page = await prepare({ machine: 'p2-64', size: 'tiny', steps: 1 });
    expect(await textOf(page, 'about')).toContain('the p2 build');
    await switchOn(page);
    const node = await bootInNode('p2-64', { preset: 'tiny', steps: 1, seed: 1 });
    await expectSame(page, node);
    expect(node.cpu.flags).not.toContain('sse');
    expect(await textOf(page, 'command')).toContain('--machine p2-64 --text FILE --preset tiny');
  });

  test('is switched off in the middle, and on again, after less than 2 MB, compressed', async () => {
    site.server().loaded.clear();
    const page = await site.open();
    for (let i = 0; i < 2; i++) {
      await switchOn(page);
      await waitFor(page, 'screen', 'Linux version');
      await page.locator('#laptop-stop').click();
      await waitFor(page, 'status', 'Switched off.');
    }
    // The library is the model's, and loaded with the page.
    const loaded = [...site.server().loaded].filter(([name]) => !name.includes('legacy_llm'));
    const bytes = loaded.reduce((sum, [, size]) => sum + size, 0);
    console.log(`page and laptop, by gzip: ${bytes} bytes in ${loaded.length} files`);
    const names = loaded.map(([name]) => name);
    for (const name of [/kernel.*\.bin$/, /p3.*\.bin$/, /v86.*\.wasm$/, /stories.*\.txt$/])
      expect(names).toContainEqual(expect.stringMatching(name));
    expect(bytes).toBeLessThan(MOST_LOADED);
  });

  test('is not switched on for what does not fit it, or is no text', async () => {
    const page = await prepare({ machine: 'p3-32', size: 'max64' });
    await switchOn(page);
    await waitFor(page, 'status', /the training needs [\d,]+ kB, and p3-32 has at most [\d,]+ kB/);
    await openText(page, 'a.bin', Buffer.from([1, 0, 2]));
    await switchOn(page);
    await waitFor(page, 'status', 'a.bin is no text');
    await openText(page, 'large.txt', Buffer.alloc(15_000_000, 'a '));
    await switchOn(page);
    await waitFor(page, 'status', 'p3-32 takes a text of at most 14,336 kB');
    await page.locator('#text').fill('a');
    await page.locator('#text').fill('');
    await switchOn(page);
    await waitFor(page, 'status', 'there is no text under Train');
    expect(await textOf(page, 'screen')).toBe('–');
  });
});

describe('the page', () => {
  test('has no long task while model and laptop train', async () => {
    const page = await prepare({ steps: 2 });
    await page.locator('#steps').fill('40');
    const tasks = await tasksDuring(page, async () => {
      await page.locator('#start').click();
      await switchOn(page);
      await waitFor(page, 'status', /done|did not work/);
    });
    expect(await textOf(page, 'status')).toContain('The laptop is done');
    expect(await page.locator('#fact-step').innerText()).toBe('40 of 40');
    const longest = tasks.reduce((most, task) => Math.max(most, task), 0);
    expect(tasks.length).toBeGreaterThan(100);
    console.log(`tasks of the main thread: ${tasks.length}, at most ${longest.toFixed(1)} ms long`);
    expect(longest).toBeLessThan(LONG_TASK);
  });

  test('would be caught with one', async () => {
    const page = await site.open();
    const work = 'let sum = 0; for (let i = 0; i < 1e8; i++) sum = (sum + i * i) % 1021; sum';
    const tasks = await tasksDuring(page, () => page.evaluate(work));
    expect(tasks.some((task) => task > LONG_TASK)).toBe(true);
  });
});
