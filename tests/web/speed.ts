// How fast the page is against Node, on this machine: npx tsx tests/web/speed.ts [PAIRS]
// Trains the same in Chromium and in Node, one after the other, in pairs, each comparison in a page of its own,
// and prints the median ratios of the times that a person waits, and of the CPU times of all threads together,
// which depend less on what else a machine has to do. Not a test.
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
import { guestJob } from '../../ts/runs/laptop.ts';
import { buildRunner } from '../../ts/runs/runners.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { laptopSettings } from '../../ts/training/commands.ts';
import { jobOf } from '../../ts/training/train.ts';
import { buildSite } from '../../ts/web/site.ts';
import { train } from '../../web/src/model/training.ts';
import { stories } from '../stories.ts';
import { launchChromium } from './chromium.ts';
import { serveFolder } from './static_server.ts';

const PAIRS = 5;
const MODEL = { preset: 'tiny', steps: 300, seed: 1 };
const LAPTOP_STEPS = 20;
// Of Linux, in /proc.
const TICKS_PER_SECOND = 100;

// What is compared: the same work in either place.
interface Comparison {
  name: string;
  /** The most that the page may take, times Node's. */
  most: number;
  inPage: (page: Page) => Promise<void>;
  inNode: () => Promise<void>;
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
      await page.locator('#start:enabled').waitFor();
      await expectWords(page, 'train-status', 'Trained: ');
    },
    inNode: async () => {
      const engine = new Engine(module);
      engine.plan(text, MODEL);
      engine.begin();
      const control = { stopped: false, watched: { layer: 0, which: 0 } };
      await train(engine, MODEL.steps, control, () => {});
    },
  },
  {
    name: `laptop, ${LAPTOP_STEPS} steps of npm run emu:train, from power-on to the end`,
    most: 1.5,
    inPage: async (page) => {
      await page.locator('#laptop-start').click();
      await page.locator('#laptop-start:enabled').waitFor();
      await expectWords(page, 'laptop-status', 'is done');
    },
    inNode: trainInLaptop,
  },
];

// What a page says in the end. Between, it may say much in a moment; that a button is disabled lasts.
async function expectWords(page: Page, name: string, words: string): Promise<void> {
  const status = await page.locator(`#${name}`).innerText();
  if (!status.includes(words)) throw new Error(status);
}

async function trainInLaptop(): Promise<void> {
  const machine = findLaptop();
  const runner = await buildRunner({ name: machine.name, target: machine.build });
  const settings = { ...laptopSettings, steps: LAPTOP_STEPS, seed: 1 };
  const training = { settings, text: stories, keepCheckpoint: true, story: false };
  await runGuest(guestJob(machine, jobOf({ ...runner, machine }, training)));
}

// Seconds of the process that is the page.
async function cpuOfPage(page: Page): Promise<number> {
  const session = await page.context().browser()?.newBrowserCDPSession();
  const { processInfo = [] } = (await session?.send('SystemInfo.getProcessInfo')) ?? {};
  await session?.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  return renderers.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

// Seconds of this process, and of its children that have ended.
function cpuOfNode(): number {
  const [, words = ''] = /\) (.*)/.exec(readFileSync('/proc/self/stat', 'utf8')) ?? [];
  const ticks = words.split(' ').slice(11, 15).map(Number); // user and system, own and of children
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
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

/** Seconds that some work took. */
interface Taken {
  waited: number;
  cpu: number;
}

// Takes turns, so that whatever slows the machine down slows both.
async function compare({ name, most, inPage, inNode }: Comparison, page: Page, pairs: number) {
  const ratios: Taken[] = [];
  for (let i = 0; i < pairs; i++) {
    const here = await during(
      () => cpuOfPage(page),
      () => inPage(page),
    );
    const there = await during(cpuOfNode, inNode);
    console.log(`  the page ${inWords(here)}, Node ${inWords(there)}`);
    ratios.push({ waited: here.waited / there.waited, cpu: here.cpu / there.cpu });
  }
  const waited = spread(ratios.map((ratio) => ratio.waited));
  const cpu = spread(ratios.map((ratio) => ratio.cpu));
  console.log(
    `${name}: the page takes ${waited} Node's time (at most ${most}), ${cpu} its CPU time`,
  );
}

const inWords = ({ waited, cpu }: Taken) => `${waited.toFixed(1)} s (CPU ${cpu.toFixed(1)} s)`;

// The median of ratios, and how far they go apart.
function spread(ratios: readonly number[]): string {
  const sorted = [...ratios].sort((a, b) => a - b).map((ratio) => ratio.toFixed(2));
  const median = sorted[Math.floor(sorted.length / 2)];
  return `${median} times (${sorted[0]} to ${sorted.at(-1)}, ${sorted.length} pairs)`;
}

// What some work takes, by the clock of a wall and by one of CPU time.
async function during(cpuClock: () => Promise<number> | number, work: () => Promise<void>) {
  const cpu = await cpuClock();
  const begun = performance.now();
  await work();
  const waited = (performance.now() - begun) / 1000;
  return { waited, cpu: (await cpuClock()) - cpu };
}

async function main(pairs: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'page-speed-'));
  const progress = createProgress();
  try {
    await buildSite(progress, path.join(folder, 'site'));
    const server = await serveFolder(path.join(folder, 'site'));
    for (const comparison of comparisons) {
      const { page, close } = await openPage(server.url);
      await compare(comparison, page, pairs);
      await close();
    }
    server.close();
  } finally {
    await rm(folder, { recursive: true });
  }
}

const [pairs = String(PAIRS)] = process.argv.slice(2);
if (!/^[1-9]\d?$/.test(pairs)) throw new Error(`${pairs}: give a number of pairs, 1 to 99`);
await main(Number(pairs));
