// What a person may stumble over in a page: what axe finds, and what is wider than the screen.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const TOO_WIDE = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

// Expects that there is none of it, as the page is now.
export async function expectNoBarrier(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  expect(await page.evaluate(TOO_WIDE)).toBe(0);
}
