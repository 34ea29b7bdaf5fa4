// A crowd at the server, which is a process of its own: patient, slow, half and hostile clients at once.
// Each gets a right answer or a plain refusal, and the server takes no more memory for it. With
// CROWD_SECONDS=60 it is 200 clients for a minute, and what came of it is printed.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { freePort } from '../ports.ts';
import type { Child } from '../program/child.ts';
import { type Client, clients, type Outcome, type Place, PROMPT, TOKENS } from './crowd.ts';
import { driver, residentBytes } from './process.ts';
import { natively } from './served.ts';

const SECONDS = Number(process.env.CROWD_SECONDS ?? 0);
const CLIENTS = SECONDS > 0 ? 200 : 40;
const TURNS = SECONDS > 0 ? Number.POSITIVE_INFINITY : 3;
const SEEDS = 8;
// What the server may have, whatever comes; and by how much that may grow in the second half.
const MOST_MB = 400;
const GROWTH_MB = 50;

const rights: string[] = [];
let started: Child | undefined;
afterEach(() => started?.isRunning() && started.kill('SIGKILL'));
beforeAll(async () => {
  await buildTarget(findTarget('page-simd'));
  for (let seed = 0; seed < SEEDS; seed++) {
    rights.push(await natively(PROMPT, '--tokens', String(TOKENS), '--seed', String(seed)));
  }
});

// One client for each place in the crowd, by their shares.
function crowd(): Client[] {
  const twenty = clients.flatMap((client) => Array<Client>(client.share).fill(client));
  return Array.from({ length: CLIENTS }, (_, at) => twenty[at % twenty.length] as Client);
}

// How often what came of which clients.
class Counts {
  readonly #counts = new Map<string, Map<Outcome, number>>();

  add(name: string, outcome: Outcome): void {
    const row = this.#counts.get(name) ?? new Map<Outcome, number>();
    this.#counts.set(name, row.set(outcome, (row.get(outcome) ?? 0) + 1));
  }

  of(name: string, outcome: Outcome): number {
    return this.#counts.get(name)?.get(outcome) ?? 0;
  }

  text(): string {
    const rows = [...this.#counts].map(
      ([name, row]) => `${name}: ${[...row].map(([what, times]) => `${times} ${what}`).join(', ')}`,
    );
    return rows.join('\n');
  }
}

// The memory of a process in MB, looked at until the signal.
async function watchMemory(pid: number, signal: AbortSignal): Promise<number[]> {
  const seen: number[] = [];
  while (!signal.aborted) {
    seen.push(residentBytes(pid) / 1e6);
    await sleep(200);
  }
  return seen;
}

test('a crowd of clients: no wrong answer, plain refusals, bounded memory', async () => {
  const port = await freePort();
  const child = driver(['serve', '--port', String(port), ...(SECONDS ? [] : ['--queue', '4'])]);
  started = child;
  await child.prints('(Ctrl-C ends it)\n');
  const place: Place = { url: `http://127.0.0.1:${port}/`, port, rights };
  const over = new AbortController();
  const memory = watchMemory(child.pid, over.signal);
  const until = performance.now() + 1000 * SECONDS;
  const counts = new Counts();

  await Promise.all(
    crowd().map(async ({ name, take }, at) => {
      for (let turn = 0; turn < TURNS && (!SECONDS || performance.now() < until); turn++) {
        counts.add(name, await take(place, at + turn));
      }
    }),
  );

  over.abort();
  const megabytes = await memory;
  const halves = [megabytes.slice(0, megabytes.length / 2), megabytes.slice(megabytes.length / 2)];
  const [first = 0, second = 0] = halves.map((half) => Math.max(0, ...half));
  const peak = `resident: ${megabytes[0]?.toFixed()} MB at first, at most ${first.toFixed()} MB in the`;
  if (SECONDS)
    console.log(`${counts.text()}\n${peak} first half, ${second.toFixed()} in the second`);
  expect(counts.of('patient', 'right')).toBeGreaterThan(0);
  expect(counts.of('patient', 'queue full') + counts.of('streaming', 'queue full')).toBeGreaterThan(
    0,
  );
  expect(counts.of('hostile', 'refused')).toBeGreaterThan(0);
  expect(Math.max(first, second)).toBeLessThan(MOST_MB);
  expect(second - first).toBeLessThan(GROWTH_MB);

  const health = await (await fetch(`${place.url}health`)).json();
  expect(health).toEqual({ status: 'ok', running: 0, waiting: 0 });
  expect(await clients[0]?.take(place, 0)).toBe('right');
  child.kill('SIGINT');
  expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' });
});
