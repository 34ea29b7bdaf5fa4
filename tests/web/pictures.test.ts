// The pictures of the README: the laptop of the page when it has trained, in either theme. They go into
// a folder of the test, or where PICTURES says, as docs/page.md describes; only then is the training the
// one of `npm run emu:train`, which takes a minute or more.
import { statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { useSite } from './browser.ts';

const MOST_BYTES = 300_000;
const VIEW = { width: 1000, height: 760 };

const { PICTURES } = process.env;
const site = useSite();

test('the laptop is pictured when it has trained, light and dark, in small files', async () => {
  const page = await site.open({ viewport: VIEW, reducedMotion: 'reduce' });
  if (!PICTURES) await page.locator('#laptop-steps').fill('3');
  await page.locator('#laptop-start').click();
  await page.locator('#laptop-status', { hasText: /done|did not work/ }).waitFor();
  const status = await page.locator('#laptop-status').innerText();
  expect(status).toContain(PICTURES ? 'the hash and the instructions of' : 'The laptop is done');
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    const file = path.join(PICTURES ?? site.folder(), `page_${theme}.png`);
    await page.locator('#laptop').screenshot({ path: file });
    expect(statSync(file).size).toBeLessThan(MOST_BYTES);
  }
});
