// The page that follows a log, in a server of its own, and in `npm run plot -- --watch` from start to end.
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { watchLogs } from '../../ts/plots/watch.ts';
import { LOOPBACK, listen } from '../../ts/support/http.ts';
import { freePort } from '../ports.ts';
import type { Child } from '../program/child.ts';
import { driver, familyOf, isThere } from '../serve/process.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const line = (step: number) => `{"step":${step},"loss":${5 - step}}\n`;

// What the page is told, one message after the other.
async function* messages(url: string, signal: AbortSignal): AsyncGenerator<string> {
  const { body } = await fetch(`${url}changes`, { signal });
  let text = '';
  for await (const bytes of body ?? []) {
    text += Buffer.from(bytes).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield JSON.parse(/^data: (.*)$/m.exec(text.slice(0, end))?.[1] ?? '');
      text = text.slice(end + 2);
    }
  }
}

test('a log that begins, grows and breaks is followed, until the end', async () => {
  const log = path.join(folder(), 'a.log');
  writeFileSync(log, '');
  const end = new AbortController();
  const server = await watchLogs([log], end.signal);
  const url = await listen(server, { host: LOOPBACK, port: 0 }, 'plot');
  const said = messages(url, end.signal);
  const picture = async () => (await fetch(`${url}training.svg`)).text();
  const next = async () => (await said.next()).value;

  expect(await (await fetch(url)).text()).toContain('<img id="picture"');
  expect(await next()).toBe('There is no step yet.');
  writeFileSync(log, line(1));
  expect(await next()).toBe('');
  const first = await picture();
  expect(first).toContain('Loss, nats per token');
  appendFileSync(log, line(2) + line(3));
  expect(await next()).toBe('');
  const grown = await picture();
  expect(grown).not.toBe(first);
  writeFileSync(log, 'no log at all\n');
  expect(await next()).toContain('is not the log of a training');
  expect(await picture()).toBe(grown);

  expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  for (const none of ['other', '/', '/[']) expect((await fetch(`${url}${none}`)).status).toBe(404);
  const closed = new Promise((resolve) => server.on('close', resolve));
  end.abort();
  await closed;
});

describe('the page as a process', () => {
  let started: Child | undefined;
  afterEach(() => started?.isRunning() && started.kill('SIGKILL'));

  test('follows a log until Ctrl-C, although a page is open; its port is taken meanwhile', async () => {
    const log = path.join(folder(), 'a.log');
    writeFileSync(log, line(1));
    const port = await freePort();
    const args = ['plot', '--watch', log, '--port', String(port)];
    const child = driver(args);
    started = child;
    const url = `http://127.0.0.1:${port}/`;
    await child.prints(`${url} (Ctrl-C ends it)\n`);
    const pids = await familyOf(child.pid);
    const said = messages(url, new AbortController().signal);
    expect((await said.next()).value).toBe('');
    appendFileSync(log, line(2));
    expect((await said.next()).value).toBe('');

    const second = await driver(args).ended;
    expect(second).toMatchObject({ code: 2, signal: null });
    expect(second.stderr).toBe(
      `legacy-llm: port ${port} is in use\n` +
        `  Give another one: npm run plot -- LOG --watch --port ${port + 1}\n`,
    );

    child.kill('SIGINT');
    await expect(said.next()).rejects.toThrow();
    expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' });
    expect(pids.filter(isThere)).toEqual([]);
  });

  test('a log that is not there is refused', async () => {
    const { code, stderr } = await driver(['plot', '--watch', '/nowhere/a.log']).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^legacy-llm: .*\/nowhere\/a\.log/);
  });
});
