// The laptop in Chromium: it boots, trains to a falling loss and writes, and ends in the checkpoint, the
// story and the number of instructions that it has in Node.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { findLaptop } from '../../ts/guest/machines.ts';
import { runGuest } from '../../ts/guest/run.ts';
import { guestJob } from '../../ts/runs/laptop.ts';
import { buildRunner } from '../../ts/runs/runners.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { laptopSettings } from '../../ts/training/commands.ts';
import { jobOf } from '../../ts/training/train.ts';
import { LAPTOP_STEPS, useSite } from './browser.ts';

const site = useSite();

// The same training in Node.
async function bootInNode() {
  const machine = findLaptop();
  const { name, build: target } = machine;
  const runner = await buildRunner({ name, target, machine: name });
  const text = path.join(site.folder(), 'text.txt');
  const settings = { ...laptopSettings, steps: LAPTOP_STEPS, seed: 1 };
  const job = jobOf({ ...runner, machine }, { settings, text, keepCheckpoint: true, story: false });
  return runGuest(guestJob(machine, job));
}

const grouped = (value: number) => value.toLocaleString('en');

test('the laptop of the page carries out the instructions that it does in Node, to the same files', async () => {
  const page = await site.open();
  const textOf = (name: string) => page.locator(`#${name}`).innerText();
  await page.locator('#laptop-start').click();
  await page.locator('#laptop-status', { hasText: /done|did not work/ }).waitFor();
  expect(await textOf('laptop-status')).toContain('The laptop is done');
  const node = await bootInNode();
  const [training] = node.runs;
  const checkpoint = node.outputs.get('/model.ckpt') ?? Buffer.alloc(0);
  expect(await textOf('laptop-sum')).toBe(sha256(checkpoint));
  expect(await textOf('laptop-training')).toBe(grouped(training?.instructions ?? 0));
  expect(await textOf('laptop-instructions')).toBe(grouped(node.totalInstructions));
  const story = node.outputs.get('/model.txt')?.toString();
  expect(await page.locator('#laptop-sample').textContent()).toBe(story);
  expect(await textOf('laptop-step')).toBe(`${LAPTOP_STEPS} of ${LAPTOP_STEPS}`);
  expect(Number(await textOf('laptop-loss'))).toBeLessThan(4.15); // what it begins with
  expect(await textOf('laptop-screen')).toContain('"event":"end"');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('#laptop-save').click(),
  ]);
  expect(readFileSync(await download.path())).toEqual(checkpoint);
  await page.locator('#laptop-hand').click();
  await page.locator('#write-status', { hasText: 'The model is open.' }).waitFor();
});

test('the laptop is switched off in the middle, and on again', async () => {
  const page = await site.open();
  for (let i = 0; i < 2; i++) {
    await page.locator('#laptop-start').click();
    await page.locator('#laptop-screen', { hasText: 'Linux version' }).waitFor();
    await page.locator('#laptop-stop').click();
    await page.locator('#laptop-status', { hasText: 'Switched off.' }).waitFor();
  }
});
