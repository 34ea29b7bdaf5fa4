// OpenAI's own client completes and streams, and gets what `legacy_llm generate` writes.
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { natively, type Served, serveModel } from './served.ts';

const prompt = 'One day';
let served: Served;
let client: OpenAI;

beforeAll(async () => {
  served = await serveModel();
  client = new OpenAI({ baseURL: `${served.url}v1`, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => served?.close());

describe('a completion', () => {
  test('is what the program writes of the same seed, with its counts', async () => {
    const order = { model: 'stories', prompt, max_tokens: 60, seed: 5 };
    const answer = await client.completions.create(order);
    const [choice] = answer.choices;
    expect(choice?.text).toBe(await natively(prompt, '--tokens', '60', '--seed', '5'));
    expect(choice?.finish_reason).toBe('length');
    expect(answer.model).toBe('stories');
    expect(answer.usage?.completion_tokens).toBe(60);
    const prompted = answer.usage?.prompt_tokens ?? 0;
    expect(prompted).toBeGreaterThan(0);
    expect(answer.usage?.total_tokens).toBe(prompted + 60);
  });

  test('draws as the options of the program say', async () => {
    const sampling = { temperature: 1.2, top_p: 0.95, seed: 9, max_tokens: 40 };
    const answer = await client.completions.create({
      ...{ model: 'stories', prompt, ...sampling },
      ...({ top_k: 7 } as object),
    });
    const options = ['--temperature', '1.2', '--top-p', '0.95', '--top-k', '7', '--seed', '9'];
    expect(answer.choices[0]?.text).toBe(await natively(prompt, ...options, '--tokens', '40'));
  });

  test('ends before a stop string, and where the document ends', async () => {
    const order = { model: 'stories', prompt, max_tokens: 400, stop: ['.', '!'] };
    const { choices } = await client.completions.create(order);
    expect(choices[0]?.finish_reason).toBe('stop');
    expect(choices[0]?.text).not.toMatch(/[.!]/);
    const native = await natively(prompt, '--tokens', '400');
    expect(native.startsWith(choices[0]?.text ?? 'nothing')).toBe(true);
    const whole = await client.completions.create({ model: 'stories', prompt, max_tokens: 2048 });
    expect(whole.choices[0]?.text).toBe(await natively(prompt, '--tokens', '2048'));
  });

  test('counts the tokens of a longer prompt than the context', async () => {
    const long = 'Once upon a time there was a little dog. '.repeat(60);
    const order = { model: 'stories', prompt: long, max_tokens: 5 };
    const answer = await client.completions.create(order);
    const short = await client.completions.create({ ...order, prompt: long.slice(0, 41) });
    const [many = 0, few = 0] = [answer.usage?.prompt_tokens, short.usage?.prompt_tokens];
    expect(few).toBeGreaterThan(8);
    expect(many).toBeGreaterThan(50 * few);
    expect(answer.choices[0]?.text).toBe(await natively(long, '--tokens', '5'));
  });
});

describe('a stream', () => {
  test('brings the same text in pieces, then its end and the counts', async () => {
    const order = { model: 'stories', prompt, max_tokens: 50, stream: true as const };
    const events = await client.completions.create({
      ...order,
      stream_options: { include_usage: true },
    });
    let text = '';
    const ends: string[] = [];
    let [pieces, tokens] = [0, 0];
    for await (const { choices, usage } of events) {
      text += choices[0]?.text ?? '';
      if (choices[0]?.text) pieces += 1;
      if (choices[0]?.finish_reason) ends.push(choices[0].finish_reason);
      tokens = usage?.completion_tokens ?? tokens;
    }
    expect(text).toBe(await natively(prompt, '--tokens', '50'));
    expect(pieces).toBeGreaterThan(20);
    expect(ends).toEqual(['length']);
    expect(tokens).toBe(50);
  });
});

test('the model is listed and known by its name', async () => {
  const models = await client.models.list();
  expect(models.data.map(({ id }) => id)).toEqual(['stories']);
  expect(await client.models.retrieve('stories')).toMatchObject({ object: 'model' });
});

test('a mistake is an error of the client, with the field', async () => {
  const wrong = client.completions.create({ model: 'gpt', prompt });
  await expect(wrong).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  const tokens = client.completions.create({ model: 'stories', prompt, max_tokens: -1 });
  await expect(tokens).rejects.toMatchObject({ status: 400, param: 'max_tokens' });
});
