// Requests that are wrong, half or malicious: each gets an error in the form of OpenAI's, and nothing
// falls.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text as textOfStream } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { natively, post, type Served, serveModel } from './served.ts';

let served: Served;
beforeAll(async () => {
  served = await serveModel({ threads: 1 }, { maxBodyBytes: 4096, transferSeconds: 1 });
});
afterAll(() => served?.close());

// Whether the server still answers rightly.
async function expectWhole(): Promise<void> {
  const answer = await post(served.url, { prompt: 'One day', max_tokens: 3 });
  const body = (await answer.json()) as { choices: { text: string }[] };
  expect(body.choices[0]?.text).toBe(await natively('One day', '--tokens', '3'));
}

describe('a body that is wrong', () => {
  test.each<[string, unknown, string | null]>([
    ['no JSON', '{"prompt":', null],
    ['nothing', '', null],
    ['a list', [], null],
    ['null', 'null', null],
    ['deep', '['.repeat(2000), null],
    ['no prompt', {}, 'prompt'],
    ['two prompts', { prompt: ['a', 'b'] }, 'prompt'],
    ['tokens as a prompt', { prompt: [1, 2] }, 'prompt'],
    ['no number of tokens', { prompt: 'a', max_tokens: 'many' }, 'max_tokens'],
    ['half a token', { prompt: 'a', max_tokens: 1.5 }, 'max_tokens'],
    ['no token', { prompt: 'a', max_tokens: 0 }, 'max_tokens'],
    ['too many tokens', { prompt: 'a', max_tokens: 2049 }, 'max_tokens'],
    ['a negative temperature', { prompt: 'a', temperature: -1 }, 'temperature'],
    ['a temperature beyond numbers', '{"prompt":"a","temperature":1e999}', 'temperature'],
    ['no probability', { prompt: 'a', top_p: 0 }, 'top_p'],
    ['a probability that no float has', { prompt: 'a', top_p: 1e-46 }, 'top_p'],
    ['a large k', { prompt: 'a', top_k: 1e9 }, 'top_k'],
    ['a negative seed', { prompt: 'a', seed: -1 }, 'seed'],
    ['an empty stop', { prompt: 'a', stop: '' }, 'stop'],
    ['many stops', { prompt: 'a', stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    ['a stop that is none', { prompt: 'a', stop: { a: 1 } }, 'stop'],
    ['a stream that is none', { prompt: 'a', stream: 'yes' }, 'stream'],
    ['options that are none', { prompt: 'a', stream_options: 3 }, 'stream_options'],
    ['an option that there is not', { prompt: 'a', stream_options: { a: true } }, 'stream_options'],
    ['two answers', { prompt: 'a', n: 2 }, 'n'],
    ['a parameter that there is not', { prompt: 'a', toString: 1 }, null],
    ['a prototype', '{"prompt":"a","__proto__":{"n":1}}', null],
  ])('%s: one error that names the field', async (_what, body, param) => {
    const answer = await post(served.url, body);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ type: 'invalid_request_error', param });
    expect(error.message).toMatch(/^[^\n]+$/);
  });

  test('a type that a page of another site could send is refused', async () => {
    const plain = await fetch(`${served.url}v1/completions`, { method: 'POST', body: '{}' });
    expect(plain.status).toBe(415);
  });

  test('an address or a method that there is not is refused', async () => {
    const status = async (address: string, method = 'GET') =>
      (await fetch(served.url + address, { method })).status;
    expect(await status('')).toBe(404);
    expect(await status('v1/models/%E0%A4%A')).toBe(404);
    expect(await status('constructor')).toBe(404);
    expect(await status('v1/completions')).toBe(405);
    expect(await status('health', 'DELETE')).toBe(405);
    expect(await status('health')).toBe(200);
  });
});

// What the server says to these bytes, until it ends the connection.
async function said(...parts: (string | number)[]): Promise<string> {
  const socket = connect(served.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  for (const part of parts) {
    if (typeof part === 'string') socket.write(part);
    else await new Promise((resolve) => setTimeout(resolve, part));
  }
  return textOfStream(socket);
}

const head = (more: string) =>
  `POST /v1/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${more}\r\n`;

describe('bytes that are no request, or half of one', () => {
  test.each<[string, (string | number)[], number]>([
    ['noise', ['\u0000\u0001 hello\r\n\r\n'], 400],
    ['TLS', ['\u0016\u0003\u0001\u0002\u0000'], 400],
    ['a header without an end', [`GET /health HTTP/1.1\r\nx: ${'a'.repeat(40_000)}`], 431],
    ['half a header', ['GET /health HTTP/1.1\r\nho'], 408],
    ['half a body', [head('content-length: 100\r\n'), '{"prompt"'], 408],
    ['a header in drops', ['GET /health HTT', 400, 'P/1.1\r\nx:', 400, 'y', 400, 'z'], 408],
    ['a body that is announced too large', [head('content-length: 9999999999\r\n')], 413],
    [
      'chunks without an end',
      [head('transfer-encoding: chunked\r\n'), '2000\r\n', 'a'.repeat(0x2000), '\r\n'],
      413,
    ],
    ['a length twice', [head('content-length: 2\r\ncontent-length: 3\r\n'), '{}'], 400],
  ])('%s: an error, and the end of the connection', async (_what, parts, status) => {
    const answer = await said(...parts);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
    expect(body).toMatchObject({ error: { type: 'invalid_request_error' } });
    await expectWhole();
  });

  test('noise behind a request puts no words into its answer', async () => {
    const order = JSON.stringify({ prompt: 'One day', max_tokens: 500, stream: true });
    const socket = connect(served.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(head(`content-length: ${order.length}\r\n`) + order);
    const first = String((await once(socket, 'data'))[0]);
    socket.write('XX\r\n\r\n');
    expect(first + (await textOfStream(socket))).not.toContain('no HTTP request');
    await expectWhole();
  });

  test('a connection that is cut in a request harms nobody', async () => {
    const socket = connect(served.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(head('content-length: 100\r\n'));
    socket.resetAndDestroy();
    await expectWhole();
  });
});
