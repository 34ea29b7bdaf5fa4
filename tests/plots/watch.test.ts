// The page that follows a log, in a server of its own.
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { watchLogs } from '../../ts/plots/watch.ts';
import { LOOPBACK, listen } from '../../ts/support/http.ts';
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
  expect((await fetch(`${url}other`)).status).toBe(404);
  const closed = new Promise((resolve) => server.on('close', resolve));
  end.abort();
  await closed;
});
