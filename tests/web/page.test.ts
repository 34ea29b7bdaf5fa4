// The page in Chromium: it trains to the bits of the program, reads and writes its files, and people
// without a mouse, with a screen reader, on a phone can use it.
import { readFileSync } from 'node:fs';
import type { Download, Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolderOfSuite } from '../temporary.ts';
import { expectNoBarrier } from './axe.ts';
import { useSite } from './browser.ts';
import { type Native, PROMPT, STEPS, settings, TOKENS, text, trainNatively } from './native.ts';

// What may be loaded, compressed, before the first step of a training.
const MOST_LOADED = 400_000;

const folder = temporaryFolderOfSuite();
const site = useSite();
let native: Native;
beforeAll(async () => {
  native = await trainNatively(folder());
});

const fileOf = (name: string, buffer: Buffer) => ({ name, buffer, mimeType: '' });
const textOf = (page: Page, name: string) => page.locator(`#${name}`).innerText();
const waitFor = (page: Page, name: string, words: string | RegExp) =>
  page.locator(`#${name}`, { hasText: words }).waitFor();
const bytesOf = async (download: Download) => readFileSync(await download.path());

// Gives the page the text and the settings that the program had.
async function prepare(page: Page, steps: number = STEPS): Promise<void> {
  await page.locator('#text').fill(text.toString());
  await page.selectOption('#preset', settings.preset);
  await page.locator('#steps').fill(String(steps));
  await page.locator('#seed').fill(String(settings.seed));
}

const trained = (page: Page) => waitFor(page, 'train-status', `Trained: ${STEPS} steps.`);

// What a click on a button downloads.
async function saved(page: Page, name: string): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator(`#${name}`).click(),
  ]);
  return bytesOf(download);
}

// Lets the page write, drops a file at once, and keeps which buttons can then be pressed and all that
// is said of it.
const DROP_WHILE_IT_WRITES = `{
  const at = (name) => document.getElementById(name);
  globalThis.said = [];
  const observer = new MutationObserver(() => said.push(at('write-status').textContent));
  observer.observe(at('write-status'), { childList: true });
  at('write-start').click();
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(['no model at all'], 'a.ckpt'));
  at('write').dispatchEvent(new DragEvent('drop', { dataTransfer }));
  globalThis.enabled = [...at('write').querySelectorAll('button:enabled')].map(({ id }) => id);
}`;

async function openModel(page: Page, name: string, bytes: Buffer): Promise<void> {
  await page.setInputFiles('#model-file', fileOf(name, bytes));
  await waitFor(page, 'write-status', 'The model is open.');
}

describe('a training', () => {
  test.each(['wasm-simd', 'wasm'])(
    'of a pasted text in %s ends in the bits of the program, and so do its files',
    async (build) => {
      const page = await site.open();
      await page.selectOption('#build', build);
      await waitFor(page, 'train-status', `Ready: ${build},`);
      await prepare(page);
      await page.locator('#start').click();
      await trained(page);
      expect(await textOf(page, 'checkpoint-sum')).toBe(native.sha256);
      expect(await textOf(page, 'fact-step')).toBe(`${STEPS} of ${STEPS}`);
      expect(Number(await textOf(page, 'fact-loss'))).toBeLessThan(3.5); // of 4 in the beginning
      expect((await textOf(page, 'sample')).length).toBeGreaterThan(50);
      expect(await page.locator('#chart canvas').count()).toBe(1);
      expect(await saved(page, 'save-checkpoint')).toEqual(native.checkpoint);
      expect(await saved(page, 'save-model')).toEqual(native.exported);
    },
  );

  test('that is stopped goes on where it was, and stops again', async () => {
    const page = await site.open();
    await prepare(page, 1_000_000);
    await page.locator('#start').click();
    await waitFor(page, 'fact-step', ' of 1000000');
    await page.locator('#stop').click();
    await waitFor(page, 'train-status', 'Stopped after step');
    const stepNow = async () => Number.parseInt(await textOf(page, 'fact-step'), 10);
    const words = '--text FILE --preset tiny --steps 1000000 --seed 3 --stop-after';
    const before = await stepNow();
    expect(await textOf(page, 'command')).toBe(`./legacy_llm train ${words} ${before}`);
    await page.locator('#go-on').click();
    await waitFor(page, 'train-status', 'Training.');
    await page.locator('#stop').click();
    await waitFor(page, 'train-status', 'Stopped after step');
    expect(await stepNow()).toBeGreaterThan(before);
    expect(await textOf(page, 'checkpoint-facts')).toContain(`After step ${await stepNow()}:`);
    expect(await textOf(page, 'command')).toBe(`./legacy_llm train ${words} ${await stepNow()}`);
  });

  test('of the bundled stories begins after less than 400 kB, compressed', async () => {
    site.server().loaded.clear();
    const page = await site.open();
    expect(page.workers()).toEqual([]); // which begin when they are asked
    await page.locator('#take-stories').click();
    await waitFor(page, 'text-facts', '400,000 bytes');
    await page.locator('#start').click();
    await waitFor(page, 'fact-step', / of /);
    const loaded = [...site.server().loaded];
    const bytes = loaded.reduce((sum, [, size]) => sum + size, 0);
    console.log(`loaded before the first step, by gzip: ${bytes} bytes in ${loaded.length} files`);
    expect(loaded.map(([name]) => name)).toContainEqual(expect.stringMatching(/\.wasm$/));
    expect(bytes).toBeLessThan(MOST_LOADED);
    await page.locator('#stop').click();
    await waitFor(page, 'train-status', 'Stopped after step');
  });
});

describe('how it works', () => {
  test('is shown of the model that trains and writes', async () => {
    const page = await site.open();
    await prepare(page, 20);
    await page.locator('#start').click();
    await waitFor(page, 'train-status', 'Trained: 20 steps.');
    await waitFor(page, 'matrix-facts', /^48 rows, 48 columns: \d+ % are 1, .* flipped since/);
    expect(await textOf(page, 'product-facts')).toBe('Both give the same sums.');
    expect(await textOf(page, 'multiplied-products')).toBe('2,304');
    expect(await textOf(page, 'table-products')).toBe('0');
    await waitFor(page, 'byte-sum', /= \d{1,3}$/);
    await waitFor(page, 'fact-flipped', / of 55,296/);
    await waitFor(page, 'memory-list', /weights: .*\n?.*momentum/);
    await page.selectOption('#matrix-name', 'wup');
    await waitFor(page, 'matrix-facts', '192 rows, 48 columns');
    await page.locator('#take-trained').click();
    await page.locator('#write-start').click();
    await waitFor(page, 'attention-facts', /^The last token, .* looks most at .* %/);
    await page.selectOption('#attention-layer', '1');
    await page.selectOption('#attention-head', '3');
    await waitFor(page, 'attention-facts', 'looks most at');
    expect(await page.locator('#attention span').count()).toBeGreaterThan(10);
  });

  test('both builds make the file of the emulated laptop, whose hash the page knows', async () => {
    const page = await site.open();
    await page.locator('#compare').click();
    await waitFor(page, 'compare-status', /All are equal|differ|did not work/);
    expect(await textOf(page, 'compare-status')).toBe('All are equal.');
    expect(await page.locator('#parity tr').count()).toBe(5);
    expect(await page.locator('#numbers tr').count()).toBeGreaterThan(5);
    const kinds = await page.locator('#numbers tr td:nth-child(3)').allInnerTexts();
    const label = /^(emulated|host|exact|modelled|projected).*, \d{4}-/;
    for (const kind of kinds) expect(kind).toMatch(label);
    const plots = await page.locator('#plots figcaption').allInnerTexts();
    expect(plots.length).toBeGreaterThan(3);
    for (const kind of plots) expect(kind).toMatch(label);
    expect(await page.locator('#plots td').allInnerTexts()).not.toContain('NaN');
    for (const picture of await page.locator('.picture').all()) {
      await picture.scrollIntoViewIfNeeded();
      await picture.evaluate((element) => (element as unknown as { decode(): unknown }).decode());
    }
  });
});

describe('files of the command line', () => {
  test('a checkpoint tells the same text as natively, and so does the model alone', async () => {
    const page = await site.open();
    for (const [name, bytes] of [
      ['a.ckpt', native.checkpoint],
      ['a.llm', native.exported],
    ] as const) {
      await openModel(page, name, bytes);
      expect(await textOf(page, 'model-facts')).toContain(name);
      await page.locator('#prompt').fill(PROMPT);
      await page.locator('#tokens').fill(String(TOKENS));
      await page.locator('#write-start').click();
      await waitFor(page, 'write-status', /^Written/);
      expect(await page.locator('#writing').textContent()).toBe(native.story);
    }
  });

  test('a finished checkpoint goes on with its text, and not with another', async () => {
    const page = await site.open();
    await openModel(page, 'a.ckpt', native.checkpoint);
    await prepare(page, STEPS + 5);
    await page.locator('#resume').click();
    await waitFor(page, 'train-status', `Trained: ${STEPS + 5} steps.`);
    expect(await textOf(page, 'checkpoint-sum')).not.toBe(native.sha256);
    const words = `--text FILE --resume FILE --steps ${STEPS + 5}`;
    expect(await textOf(page, 'command')).toBe(`./legacy_llm train ${words}`);
    await page.locator('#text').fill('Another text, and a longer one. '.repeat(100));
    await page.locator('#resume').click();
    await waitFor(page, 'train-status', 'trained on another text');
  });

  test('none is opened while a text is written, which stays what it would be', async () => {
    const page = await site.open();
    await prepare(page, 1);
    await page.locator('#start').click();
    await waitFor(page, 'train-status', 'Trained: 1 steps.');
    await page.locator('#take-trained').click();
    await waitFor(page, 'write-status', 'The model is open.');
    await page.locator('#tokens').fill('2000');
    await page.evaluate(DROP_WHILE_IT_WRITES);
    await waitFor(page, 'write-status', 'Written.');
    expect(await page.evaluate('enabled')).toEqual(['write-stop', 'resume']);
    const refused =
      'This did not work: a text is being written; wait for its end, or stop it first.';
    expect(await page.evaluate('said')).toEqual(['Writing.', refused, 'Written.']);
    const story = await textOf(page, 'writing');
    for (const name of ['take-trained', 'take-bundled', 'choose-model'])
      expect(await page.locator(`#${name}`).isEnabled()).toBe(true);
    await page.locator('#write-start').click();
    await waitFor(page, 'write-status', 'Written.');
    expect(await textOf(page, 'writing')).toBe(story);
  });

  test('what is no model is refused in words, and the page goes on', async () => {
    const page = await site.open();
    await page.setInputFiles('#model-file', fileOf('a.ckpt', Buffer.from('no model at all')));
    await waitFor(page, 'write-status', 'This did not work: ');
    await page.setInputFiles('#text-file', fileOf('a.bin', Buffer.from([1, 0, 2])));
    await page.locator('#start').click();
    await waitFor(page, 'train-status', 'a.bin is no text');
    await page.locator('#text').fill('short');
    await page.locator('#start').click();
    await waitFor(page, 'train-status', 'too few for a context');
    await openModel(page, 'a.ckpt', native.checkpoint);
  });
});

describe('for everybody', () => {
  const phone = { width: 360, height: 740 };
  test.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['on a phone', { colorScheme: 'light', viewport: phone }],
    ['on a phone, dark', { colorScheme: 'dark', viewport: phone, reducedMotion: 'reduce' }],
  ] as const)(
    '%s: axe finds nothing, and nothing is wider than the screen',
    async (_name, options) => {
      const page = await site.open(options);
      await prepare(page, 3);
      await page.locator('#start').click();
      await waitFor(page, 'train-status', 'Trained: 3 steps.');
      await page.locator('#take-trained').click();
      await page.locator('#write-start').click();
      await waitFor(page, 'attention-facts', 'looks most at');
      await expectNoBarrier(page);
    },
  );

  test('by keyboard alone: a text is trained on, and the model writes', async () => {
    const page = await site.open();
    const tabTo = async (name: string) => {
      for (let i = 0; i < 60; i++) {
        if ((await page.evaluate('document.activeElement.id')) === name) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`Tab does not reach ${name}`);
    };
    await tabTo('text');
    await page.keyboard.insertText(text.toString());
    await tabTo('steps');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('3');
    await tabTo('start');
    await page.keyboard.press('Enter');
    await waitFor(page, 'train-status', 'Trained: 3 steps.');
    await tabTo('take-trained');
    await page.keyboard.press('Enter');
    await waitFor(page, 'write-status', 'The model is open.');
    await tabTo('write-start');
    await page.keyboard.press('Enter');
    await waitFor(page, 'write-status', /^Written/);
    expect((await textOf(page, 'writing')).length).toBeGreaterThan(PROMPT.length);
  });
});
