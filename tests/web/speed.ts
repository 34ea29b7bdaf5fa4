// How fast the page is against Node, on this machine: npx tsx tests/web/speed.ts [PAIRS]
// Trains the same in Chromium and in Node, one after the other, in pairs, and prints the median ratio of their
// times. Not a test: what else a machine has to do changes it, so no test waits for it.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { Engine } from '../../ts/engine/engine.ts';
import { findLaptop } from '../../ts/guest/machines.ts';
import { runGuest } from '../../ts/guest/run.ts';
import { parseEvent } from '../../ts/program/events.ts';
import { guestJob } from '../../ts/runs/laptop.ts';
import { buildRunner } from '../../ts/runs/runners.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { laptopSettings } from '../../ts/training/commands.ts';
import { jobOf } from '../../ts/training/train.ts';
import { buildSite } from '../../ts/web/site.ts';
import { HostSpeed } from '../../web/src/laptop/speed.ts';
import { train } from '../../web/src/model/training.ts';
import { stories } from '../stories.ts';
import { launchChromium } from './chromium.ts';
import { serveFolder } from './static_server.ts';

const PAIRS = 5;
const MODEL = { preset: 'tiny', steps: 300, seed: 1 };
const LAPTOP_STEPS = 40;

// What is compared: seconds of the same work in either place.
interface Comparison {
  name: string;
  /** The most that the page may take, times Node's. */
  most: number;
  inPage: (page: Page) => Promise<number>;
  inNode: () => Promise<number>;
}

const { program: engineFile } = await buildTarget(findTarget('page-simd'));
const module = new WebAssembly.Module(readFileSync(engineFile));
const text = readFileSync(stories);

const comparisons: readonly Comparison[] = [
  {
    name: `wasm-simd, ${MODEL.steps} steps of ${MODEL.preset}`,
    most: 1.3,
    inPage: async (page) => {
      await page.locator('#start').click();
      return page.evaluate(secondsUntil('train-status', 'Trained: '));
    },
    inNode: async () => {
      const began = performance.now();
      const engine = new Engine(module);
      engine.plan(text, MODEL);
      engine.begin();
      const control = { stopped: false, watched: { layer: 0, which: 0 } };
      await train(engine, MODEL.steps, control, () => {});
      return (performance.now() - began) / 1000;
    },
  },
  {
    name: `laptop, ${LAPTOP_STEPS} steps of npm run emu:train, from the first on`,
    most: 1.5,
    inPage: async (page) => {
      await page.locator('#laptop-start').click();
      await page.locator('#laptop-status', { hasText: /done|did not work/ }).waitFor();
      const speed = await page.locator('#laptop-speed').innerText();
      return 1 / Number(speed.replaceAll(',', ''));
    },
    inNode: secondsOfLaptop,
  },
];

// Of a token, by the clock that the page has, too.
async function secondsOfLaptop(): Promise<number> {
  const machine = findLaptop();
  const runner = await buildRunner({ name: machine.name, target: machine.build });
  const settings = { ...laptopSettings, steps: LAPTOP_STEPS, seed: 1 };
  const training = { settings, text: stories, keepCheckpoint: true, story: false };
  const job = guestJob(machine, jobOf({ ...runner, machine }, training));
  const clock = new HostSpeed();
  let speed = 0;
  const onStdout = (line: string) => {
    const event = parseEvent(line);
    if (event?.event === 'step') speed = clock.at(event.tokens) ?? 0;
  };
  await runGuest({ ...job, onStdout });
  return 1 / speed;
}

// Runs in the page: the seconds from now on until an element begins with words.
function secondsUntil(name: string, words: string): string {
  return `new Promise((resolve) => {
    const began = performance.now();
    const place = document.getElementById('${name}');
    new MutationObserver((_, observer) => {
      if (!place.textContent.startsWith('${words}')) return;
      observer.disconnect();
      resolve((performance.now() - began) / 1000);
    }).observe(place, { childList: true });
  })`;
}

async function openPage(url: string): Promise<{ page: Page; close: () => Promise<void> }> {
  const browser = await launchChromium();
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.goto(url);
  await page.locator('#train-status', { hasText: 'Ready: wasm-simd' }).waitFor();
  await page.locator('#take-stories').click();
  await page.selectOption('#preset', MODEL.preset);
  await page.locator('#steps').fill(String(MODEL.steps));
  await page.locator('#laptop-steps').fill(String(LAPTOP_STEPS));
  return { page, close: () => browser.close() };
}

// Takes turns, so that whatever slows the machine down slows both. The first pair warms up.
async function compare({ name, most, inPage, inNode }: Comparison, page: Page, pairs: number) {
  const ratios: number[] = [];
  for (let i = 0; i <= pairs; i++) {
    const [here, there] = [await inPage(page), await inNode()];
    console.log(`  page ${here.toPrecision(3)} s, Node ${there.toPrecision(3)} s`);
    if (i > 0) ratios.push(here / there);
  }
  const sorted = ratios.sort((a, b) => a - b).map((ratio) => ratio.toFixed(2));
  const median = sorted[Math.floor(pairs / 2)] ?? '';
  const range = `${sorted[0]} to ${sorted.at(-1)}, ${pairs} pairs`;
  console.log(`${name}: the page takes ${median} times Node's time (${range}; at most ${most})`);
}

async function main(pairs: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'page-speed-'));
  const progress = createProgress();
  try {
    await buildSite(progress, path.join(folder, 'site'));
    const server = await serveFolder(path.join(folder, 'site'));
    const { page, close } = await openPage(server.url);
    for (const comparison of comparisons) await compare(comparison, page, pairs);
    await close();
    server.close();
  } finally {
    await rm(folder, { recursive: true });
  }
}

const [pairs = String(PAIRS)] = process.argv.slice(2);
if (!/^[1-9]\d?$/.test(pairs)) throw new Error(`${pairs}: give a number of pairs, 1 to 99`);
await main(Number(pairs));
