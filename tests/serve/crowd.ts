// Clients of one server, as rows of data: what each does when it is its turn. Whoever gets anything but a
// right answer, a plain refusal, or what it has asked for itself, fails.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { post } from './served.ts';

export interface Place {
  url: string;
  port: number;
  /** What the server must write after the prompt, by seed. */
  rights: readonly string[];
}

export const PROMPT = 'One day';
export const TOKENS = 20;

// What comes of a turn: a right answer, a full queue, a mistake that was refused, a client that left.
export type Outcome = 'right' | 'queue full' | 'refused' | 'left';

export interface Client {
  name: string;
  /** Of twenty clients. */
  share: number;
  take: (place: Place, turn: number) => Promise<Outcome>;
}

export const clients: readonly Client[] = [
  { name: 'patient', share: 10, take: askWhole },
  { name: 'streaming', share: 3, take: askStream },
  { name: 'slow', share: 2, take: askSlowly },
  { name: 'leaving', share: 1, take: leave },
  { name: 'half', share: 2, take: sendHalf },
  { name: 'hostile', share: 2, take: sendWrong },
];

function orderOf({ rights }: Place, turn: number) {
  const seed = turn % rights.length;
  return { prompt: PROMPT, max_tokens: TOKENS, seed };
}

// ---- whole requests ----

async function askWhole(place: Place, turn: number): Promise<Outcome> {
  const order = orderOf(place, turn);
  const answer = await post(place.url, order);
  if (answer.status !== 200) return waitForTurn(answer);
  const { choices } = (await answer.json()) as { choices: { text: string }[] };
  expect(choices[0]?.text).toBe(place.rights[order.seed]);
  return 'right';
}

async function askStream(place: Place, turn: number): Promise<Outcome> {
  const order = orderOf(place, turn);
  const answer = await post(place.url, { ...order, stream: true });
  if (answer.status !== 200) return waitForTurn(answer);
  expect(textOfEvents(await answer.text())).toBe(place.rights[order.seed]);
  return 'right';
}

// The text of a stream, which must have its end.
function textOfEvents(events: string): string {
  const data = events
    .trim()
    .split('\n\n')
    .map((event) => event.replace(/^data: /, ''));
  expect(data.pop()).toBe('[DONE]');
  return data.map((each) => JSON.parse(each).choices[0].text).join('');
}

async function waitForTurn(answer: Response): Promise<Outcome> {
  expect(answer.status).toBe(429);
  expect(await answer.json()).toMatchObject({ error: { code: 'queue_full' } });
  await sleep(1000 * Number(answer.headers.get('retry-after')));
  return 'queue full';
}

async function leave(place: Place, turn: number): Promise<Outcome> {
  const gone = new AbortController();
  const order = { ...orderOf(place, turn), max_tokens: 2000, stream: true };
  const answer = await post(place.url, order, gone.signal);
  if (answer.status !== 200) return waitForTurn(answer);
  await answer.body?.getReader().read();
  gone.abort();
  return 'left';
}

// ---- bytes ----

function requestOf(body: string): string {
  const head = 'POST /v1/completions HTTP/1.1\r\nhost: a\r\nconnection: close\r\n';
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`;
  return `${head}content-type: application/json\r\n${length}\r\n${body}`;
}

async function open({ port }: Place): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

// What comes until the server ends the connection, taken in drops.
async function readSlowly(socket: Socket): Promise<string> {
  let text = '';
  for await (const bytes of socket.setEncoding('utf8')) {
    text += bytes;
    await sleep(20);
  }
  return text;
}

async function askSlowly(place: Place, turn: number): Promise<Outcome> {
  const socket = await open(place);
  const order = orderOf(place, turn);
  const request = requestOf(JSON.stringify({ ...order, stream: true }));
  for (let at = 0; at < request.length; at += 16) {
    socket.write(request.slice(at, at + 16));
    await sleep(20);
  }
  const [head = '', ...rest] = (await readSlowly(socket)).split('\r\n\r\n');
  if (head.startsWith('HTTP/1.1 429 ')) return 'queue full';
  expect(head).toMatch(/^HTTP\/1\.1 200 /);
  expect(textOfEvents(withoutChunks(rest.join('\r\n\r\n')))).toBe(place.rights[order.seed]);
  return 'right';
}

// The body of an answer that comes in chunks.
function withoutChunks(body: string): string {
  let text = '';
  for (let rest = Buffer.from(body); rest.length > 0; ) {
    const start = rest.indexOf('\r\n') + 2;
    const size = Number.parseInt(rest.toString('latin1', 0, start), 16);
    text += rest.toString('utf8', start, start + size);
    rest = rest.subarray(start + size + 2);
  }
  return text;
}

// Half a request: cut off, and now and then left alone until the server has enough of it.
async function sendHalf(place: Place, turn: number): Promise<Outcome> {
  const socket = await open(place);
  const request = requestOf(JSON.stringify(orderOf(place, turn)));
  socket.write(request.slice(0, 20 + ((turn * 37) % (request.length - 20))));
  if (turn % 8 !== 7) {
    await sleep(50);
    socket.resetAndDestroy();
    return 'left';
  }
  expect(await readSlowly(socket)).toMatch(/^HTTP\/1\.1 408 /);
  return 'refused';
}

const WRONG: readonly (readonly [bytes: string, status: number])[] = [
  ['\u0000\u0001 hello\r\n\r\n', 400],
  [`GET /health HTTP/1.1\r\nx: ${'a'.repeat(40_000)}`, 431],
  [requestOf('{"prompt":'), 400],
  [requestOf('['.repeat(30_000)), 400],
  [requestOf(`{"prompt":"${'a'.repeat(70_000)}"}`), 413],
  [requestOf('{"prompt":"a","max_tokens":1e9}'), 400],
  [requestOf('{"prompt":"a","__proto__":{"n":1}}'), 400],
  ['GET /v1/models/%E0%A4%A HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 404],
];

async function sendWrong(place: Place, turn: number): Promise<Outcome> {
  const [bytes, status] = WRONG[turn % WRONG.length] ?? ['', 0];
  const socket = await open(place);
  socket.write(bytes);
  const answer = await readSlowly(socket);
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toHaveProperty('error.message');
  return 'refused';
}
