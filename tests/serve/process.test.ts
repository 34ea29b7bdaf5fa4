// `npm run serve` from start to end: what it says, how it ends by Ctrl-C and SIGTERM, what becomes of the
// requests that it has then, and what it refuses.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text as textOfStream } from 'node:stream/consumers';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { kill } from '../../ts/support/processes.ts';
import { freePort } from '../ports.ts';
import type { Child } from '../program/child.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';
import { driver, familyOf, isThere, npmRun } from './process.ts';
import { natively, post, trainEndless, until } from './served.ts';

const folder = temporaryFolderOfSuite();
let endless = '';
let started: Child | undefined;

beforeAll(async () => {
  await buildTarget(findTarget('page-simd'));
  endless = await trainEndless(folder());
});
afterEach(() => started?.isRunning() && started.kill('SIGKILL'));

// A server that answers, and its processes.
async function serve(args: readonly string[] = [], start = serveByDriver) {
  const port = await freePort();
  const child = start(['--port', String(port), ...args]);
  started = child;
  await child.prints('(Ctrl-C ends it)\n');
  return { child, port, url: `http://127.0.0.1:${port}/`, pids: await familyOf(child.pid) };
}

const serveByDriver = (args: readonly string[]) => driver(['serve', ...args]);
const serveByNpm = (args: readonly string[]) => npmRun('serve', args);

const long = { prompt: 'One day', max_tokens: 1_000_000 };
const endlessArgs = () => ['--model', endless, '--threads', '1', '--max-tokens', '1000000'];

// How it must end: without a word, and nothing is left of it.
async function expectEnd({ child, pids }: { child: Child; pids: number[] }): Promise<void> {
  expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' });
  expect(pids.filter(isThere)).toEqual([]);
}

describe('the server as a process', () => {
  test('answers, and ends by Ctrl-C without a word', async () => {
    const server = await serve();
    const answer = await post(server.url, { prompt: 'One day', max_tokens: 5 });
    const { choices } = (await answer.json()) as { choices: { text: string }[] };
    expect(choices[0]?.text).toBe(await natively('One day', '--tokens', '5'));
    expect(server.pids).toContain(server.child.pid);
    server.child.kill('SIGINT');
    await expectEnd(server);
  });

  test('ends by SIGTERM to it alone', async () => {
    const server = await serve();
    kill(server.child.pid, 'SIGTERM');
    await expectEnd(server);
  });

  test.each([
    ['Ctrl-C', ({ child }: { child: Child }) => child.kill('SIGINT')],
    ['SIGTERM to npm alone', ({ child }: { child: Child }) => void kill(child.pid, 'SIGTERM')],
  ])('started by npm, nothing is left of it after %s', async (_what, end) => {
    const server = await serve([], serveByNpm);
    expect(server.pids.length).toBeGreaterThan(1);
    end(server);
    expect((await server.child.ended).stderr).toBe('');
    await until(() => !server.pids.some(isThere));
  });

  test('tells each client at its end: within a stream, before a text, in the queue, in a request', async () => {
    const server = await serve(endlessArgs());
    const stream = await post(server.url, { ...long, stream: true });
    const events = stream.text();
    const waits = post(server.url, long);
    const half = connect(server.port, '127.0.0.1');
    await once(half, 'connect');
    half.write('POST /v1/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n');
    half.write('content-length: 100\r\n\r\n{"prompt"');
    await until(async () => (await state(server.url)).waiting === 1);
    server.child.kill('SIGINT');
    expect((await events).trim().split('\n').at(-1)).toContain('"code":"server_ends"');
    const refused = await waits;
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: 'server_ends' } });
    const said = await textOfStream(half);
    expect(said).toMatch(/^HTTP\/1\.1 503 /);
    expect(said).toContain('"code":"server_ends"');
    await expectEnd(server);
  });

  test('ends, although a client takes nothing and says nothing', async () => {
    const server = await serve(endlessArgs());
    const idle = connect(server.port, '127.0.0.1');
    await once(idle, 'connect');
    const deaf = connect(server.port, '127.0.0.1').pause();
    deaf.on('error', () => {});
    const body = JSON.stringify({ ...long, stream: true });
    const head = `POST /v1/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json`;
    deaf.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await until(async () => (await state(server.url)).running === 1);
    server.child.kill('SIGTERM');
    await expectEnd(server);
    deaf.destroy();
  });
});

async function state(url: string): Promise<{ running: number; waiting: number }> {
  return (await (await fetch(`${url}health`)).json()) as { running: number; waiting: number };
}

describe('a server that cannot be', () => {
  test('a port that is in use: one that is not is proposed', async () => {
    const { child, port } = await serve();
    const second = await serveByDriver(['--port', String(port)]).ended;
    const message = `legacy-llm: port ${port} is in use\n`;
    const hint = `  Give another one: npm run serve -- --port ${port + 1}\n`;
    expect(second).toEqual({ code: 2, signal: null, stderr: message + hint });
    expect(child.isRunning()).toBe(true);
  });

  test.each([
    [
      'a model that is not there',
      '/nowhere/my.llm',
      /^legacy-llm: .*\/nowhere\/my\.llm.*\n {2}Name /,
    ],
    ['a file that is no model', 'README.md', /^legacy-llm: README\.md is no model .*\n {2}Name /],
  ])('%s: what is wrong and what to do', async (_what, model, says) => {
    const { code, stderr } = await serveByDriver(['--model', model]).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
  });
});
