// The console of the laptop in Chromium: what is typed goes in, what the program answers comes out, as it
// does natively; the keyboard can leave it, a screen reader can read it in either theme, and it fits a phone.
import path from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { exec } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { expectNoBarrier } from './axe.ts';
import { useSite } from './browser.ts';
import { text } from './native.ts';

// What it may load beside the page, compressed.
const MOST_LOADED = 4_000_000;
const COLOURS = "printf '\\033[38;2;255;120;0mRGB\\033[0m \\033[1;34mnamed\\033[0m\\n'";

const site = useSite();
const status = (page: Page, words: string | RegExp) =>
  page.locator('#laptop-status', { hasText: words }).waitFor();
const rows = (page: Page) => page.locator('#laptop-terminal .xterm-rows');
const focused = (page: Page) => page.evaluate<string>('document.activeElement.id');
// As the columns of the terminal break lines anywhere.
const dense = (words: string) => words.replace(/\s/g, '');

// Waits until the console shows this, however its lines are broken.
async function shows(page: Page, words: string): Promise<void> {
  while (!dense((await rows(page).textContent()) ?? '').includes(dense(words)))
    await page.waitForTimeout(100);
}

// With the console open, in either theme.
async function expectNoBarrierInThemes(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await expectNoBarrier(page);
  }
}

async function use(page: Page): Promise<void> {
  await page.locator('#laptop-use').click();
  await status(page, /waits for what you type|did not work/);
  expect(await page.locator('#laptop-status').innerText()).toContain('waits for what you type');
}

test('what is typed is answered as natively, about what was trained, too, until exit', async () => {
  const page = await site.open();
  await page.setInputFiles('#text-file', { name: 'a.txt', buffer: text, mimeType: '' });
  await page.locator('#text-facts', { hasText: 'a.txt: ' }).waitFor();
  await page.selectOption('#laptop-text', 'train');
  await page.locator('#laptop-steps').fill('1');
  await page.locator('#laptop-start').click();
  await status(page, /done|did not work/);
  const sum = await page.locator('#laptop-sum').innerText();
  await use(page);
  expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Console of the laptop');

  await page.keyboard.type('sha256sum model.ckpt; wc -c text.txt\n');
  await shows(page, `${sum}  model.ckpt`);
  await shows(page, `${text.length} text.txt`);
  const { program } = await buildTarget(findTarget('host'));
  const words = ['generate', '--seed', '7', '--tokens', '40'];
  const { stdout } = await exec(program, [...words, '--model', `${rootDir}/data/stories.llm`]);
  expect(stdout.length).toBeGreaterThan(60);
  await page.keyboard.type(`legacy_llm ${words.join(' ')}\n`);
  await shows(page, stdout);
  await page.keyboard.type(`${COLOURS}\n`); // which the policy must not hold up
  await shows(page, 'RGB named /');
  await expectNoBarrierInThemes(page);

  await page.keyboard.press('Control+]');
  expect(await page.evaluate('document.activeElement.innerText')).toContain('--model model.ckpt');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  expect(await focused(page)).toBe('laptop-stop');
  await page.locator('#laptop-terminal .xterm-screen').click();
  await page.keyboard.type('exit\n');
  await status(page, 'The laptop has switched itself off.');
  expect(await page.locator('#laptop-use').isEnabled()).toBe(true);
});

test('on a phone: it fits, axe finds nothing, a button types, the power can be cut', async () => {
  const phone = { width: 360, height: 740 };
  const page = await site.open({ viewport: phone, reducedMotion: 'reduce' });
  site.server().loaded.clear();
  await use(page);
  const loaded = [...site.server().loaded];
  const bytes = loaded.reduce((sum, [, size]) => sum + size, 0);
  console.log(`the console and its laptop, by gzip: ${bytes} bytes in ${loaded.length} files`);
  expect(loaded.map(([name]) => path.extname(name))).toContain('.wasm');
  expect(bytes).toBeLessThan(MOST_LOADED);

  await page.locator('#laptop-examples button', { hasText: 'cpuinfo' }).click();
  await shows(page, 'power management:'); // its last words; its first have left the screen
  await page.locator('#laptop-terminal .xterm-screen').click();
  await page.keyboard.press('Shift+PageUp');
  await shows(page, 'Pentium III (Coppermine)');
  await expectNoBarrierInThemes(page);
  const inside = `(() => { const place = document.getElementById('laptop-terminal');
    return place.scrollWidth - place.clientWidth; })()`;
  expect(await page.evaluate(inside)).toBe(0);
  await page.locator('#laptop-stop').click();
  await status(page, 'Switched off.');
});
