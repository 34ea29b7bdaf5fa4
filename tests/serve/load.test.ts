// Many clients at once, clients that hang up, texts that take too long: each gets a right answer or a
// plain refusal, and the threads are free for the next one.
import { afterEach, expect, test } from 'vitest';
import type { WriterLimits } from '../../ts/serve/writers.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { natively, post, type Served, serveModel, trainEndless, until } from './served.ts';

const folder = useTemporaryFolder();
let served: Served | undefined;
afterEach(() => served?.close());

async function serve(
  limits: Partial<WriterLimits>,
  settings = {},
  model?: string,
): Promise<Served> {
  served = await serveModel(limits, settings, model);
  return served;
}

// The same of a model whose texts go on as long as they may.
async function serveEndless(limits: Partial<WriterLimits>): Promise<Served> {
  return serve(limits, { maxTokens: 2 ** 24 }, await trainEndless(folder()));
}

// The text of an answer.
async function textOf(answer: Response): Promise<string> {
  const { choices } = (await answer.json()) as { choices: { text: string }[] };
  return choices[0]?.text ?? '';
}

const long = { prompt: 'One day', max_tokens: 2 ** 24, stream: true };
const short = { prompt: 'One day', max_tokens: 5 };

test('of 50 clients at once each gets the text of its seed, or is refused plainly', async () => {
  const { url, writers } = await serve({ threads: 2, queue: 8 });
  const seeds = Array.from({ length: 50 }, (_, seed) => seed % 5);
  const rights = await Promise.all(
    [0, 1, 2, 3, 4].map((seed) => natively('One day', '--tokens', '20', '--seed', String(seed))),
  );
  const one = async (seed: number) => {
    const answer = await post(url, { prompt: 'One day', max_tokens: 20, seed });
    if (answer.status === 200) {
      expect(await textOf(answer)).toBe(rights[seed]);
      return 'right';
    }
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ error: { code: 'queue_full' } });
    return 'refused';
  };
  const ends = await Promise.all(seeds.map(one));
  const right = ends.filter((end) => end === 'right').length;
  expect(right).toBeGreaterThanOrEqual(10);
  expect(writers.state).toEqual({ running: 0, waiting: 0 });
  expect(await one(3)).toBe('right');
});

test('a queue that is full refuses, and a place in it that becomes free is taken', async () => {
  const { url, writers } = await serveEndless({ threads: 1, queue: 1 });
  const [first, second] = [new AbortController(), new AbortController()];
  const running = post(url, long, first.signal);
  const begun = await running;
  const waits = post(url, long, second.signal).catch(() => 'gone');
  await until(() => writers.state.waiting === 1);
  expect((await post(url, long)).status).toBe(429);
  second.abort(); // hangs up in the queue
  expect(await waits).toBe('gone');
  await until(() => writers.state.waiting === 0);
  const last = post(url, short);
  await until(() => writers.state.waiting === 1);
  first.abort(); // and in the middle of the text
  await expect(begun.text()).rejects.toThrow();
  expect(await textOf(await last)).toHaveLength(5);
});

test('a text that takes too long is told so, in a stream and outside, and others go on', async () => {
  const { url } = await serveEndless({ threads: 1, seconds: 1 });
  const events = await (await post(url, long)).text();
  expect(events.trim().split('\n').at(-1)).toContain('"code":"time_limit"');
  expect(events).not.toContain('[DONE]');
  const whole = await post(url, { ...long, stream: false });
  expect(whole.status).toBe(504);
  expect((await post(url, short)).status).toBe(200);
});

test('a prompt that takes too long ends its thread, and a new one takes its place', async () => {
  const { url, writers } = await serve({ threads: 1, seconds: 1 }, { maxBodyBytes: 2 ** 26 });
  const prompt = 'Once upon a time there was a little dog. '.repeat(500_000);
  expect((await post(url, { prompt, max_tokens: 1 })).status).toBe(504);
  await until(() => writers.state.running === 0);
  expect(await textOf(await post(url, { prompt: 'One day', max_tokens: 2 }))).toBe(
    await natively('One day', '--tokens', '2'),
  );
});

test('letters that the model does not know are refused in its words', async () => {
  const { url } = await serveEndless({ threads: 1 });
  const answer = await post(url, { ...short, prompt: 'One \u65e5' });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { param: 'prompt', code: 'invalid_prompt' } });
  expect((await post(url, short)).status).toBe(200);
});
