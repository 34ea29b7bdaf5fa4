// How long the main thread of a page works at one task, by the thread's own clock: what else a machine has
// to do makes no task longer there, as it does by the clock of the wall.
import type { Page } from 'playwright-core';

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Of the thread's own time, in microseconds. */
  tdur?: number;
}

const CATEGORIES = ['disabled-by-default-devtools.timeline', 'blink.user_timing'];
const MARK = 'the main thread of this page';

// Milliseconds that each task of the main thread took during some work.
export async function tasksDuring(page: Page, work: () => Promise<unknown>): Promise<number[]> {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser');
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.evaluate(`performance.mark('${MARK}')`);
  await work();
  const trace = JSON.parse((await browser.stopTracing()).toString());
  const events: TraceEvent[] = trace.traceEvents;
  const main = events.find(({ name }) => name === MARK);
  if (!main) throw new Error('the trace does not tell the main thread of the page');
  return events.flatMap(({ name, pid, tid, tdur }) =>
    name === 'RunTask' && pid === main.pid && tid === main.tid && tdur ? [tdur / 1000] : [],
  );
}
