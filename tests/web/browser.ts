// The built page in Debian's Chromium, for the tests of a file: one browser, a fresh context for each
// page. Whatever goes wrong in a page - words on the console, an error, a request to another host -
// is noted, and must be nothing in the end.
import path from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { createProgress } from '../../ts/support/progress.ts';
import { buildSite } from '../../ts/web/site.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';
import { launchChromium } from './chromium.ts';
import { type SiteServer, serveFolder } from './static_server.ts';

export interface Site {
  folder: () => string;
  server: () => SiteServer;
  /** Opens the page in a context of its own, ready to train. */
  open(options?: BrowserContextOptions): Promise<Page>;
}

// Registers the hooks: the site is built and served once for a file of tests.
export function useSite(): Site {
  const folder = temporaryFolderOfSuite();
  let browser: Browser;
  let server: SiteServer;
  let wrong: string[] = [];
  beforeAll(async () => {
    await buildSite(createProgress(), path.join(folder(), 'site'));
    server = await serveFolder(path.join(folder(), 'site'));
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    const said = wrong;
    wrong = [];
    expect(said).toEqual([]);
  });
  const open = async (options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ acceptDownloads: true, ...options });
    context.setDefaultTimeout(0); // nobody knows how busy a machine is
    const page = await context.newPage();
    watch(page, new URL(server.url).origin, wrong);
    await page.goto(server.url);
    await page.locator('#train-status', { hasText: 'Ready' }).waitFor();
    return page;
  };
  return { folder, server: () => server, open };
}

// Notes what should not happen.
function watch(page: Page, origin: string, wrong: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('request', (request) => {
    const from = new URL(request.url()).origin;
    if (from !== origin && from !== 'null') wrong.push(`a request to ${request.url()}`);
  });
}
