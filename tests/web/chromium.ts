// Debian's Chromium, without a window, so that it asks nobody for anything.
import { type Browser, chromium } from 'playwright-core';
import { onPath } from '../../scripts/requirements.mjs';

const QUIET = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
];

export async function launchChromium(): Promise<Browser> {
  const executablePath = onPath('chromium');
  if (executablePath === undefined) throw new Error('chromium is not installed');
  return chromium.launch({ executablePath, args: QUIET, chromiumSandbox: false });
}
