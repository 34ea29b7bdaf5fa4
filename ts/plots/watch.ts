// A page of this machine that shows the logs of trainings and draws them anew as they grow.
import { stat } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTrainingLog } from '../program/training_log.ts';
import { reasonOf } from '../support/errors.ts';
import { endServer } from '../support/http.ts';
import { trainingSvg } from './training.ts';

// Between two looks at the logs.
const LOOK_MS = 1000;

const PICTURE = '/training.svg';
const CHANGES = '/changes';

// The picture is a file of its own, so the page needs to load that alone again.
const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>Training by step</title>
<p id="said" role="status"></p>
<img id="picture" alt="The curves of the trainings by step">
<script>
  const source = new EventSource('${CHANGES}');
  source.onmessage = ({ data, lastEventId }) => {
    const said = JSON.parse(data);
    document.getElementById('said').textContent = said;
    if (!said) document.getElementById('picture').src = '${PICTURE}?' + lastEventId;
  };
  source.onerror = () => {
    document.getElementById('said').textContent = 'plot --watch has ended';
  };
</script>
</html>
`;

// What the page shows: a picture, or what is to be said in its place.
interface Shown {
  svg: string;
  said: string;
}

// A server of the page, which looks at the logs until the signal ends it. Logs that are none are
// refused now; one without a step is waited for.
export async function watchLogs(files: readonly string[], signal: AbortSignal): Promise<Server> {
  const board = new Board(await drawn(files));
  const server = createServer(({ url = '', method }, response) => {
    const [pathname] = url.split('?', 1);
    if (method !== 'GET') answer(response, 405, 'text/plain', 'only GET\n');
    else if (pathname === '/') answer(response, 200, 'text/html; charset=utf-8', PAGE);
    else if (pathname === CHANGES) board.join(response);
    else if (pathname === PICTURE) answer(response, 200, 'image/svg+xml', board.shown.svg);
    else answer(response, 404, 'text/plain', 'there is no such page\n');
  });
  void look(files, board, signal);
  signal.addEventListener('abort', () => endServer(server));
  return server;
}

// What is shown, and the pages that are told when it changes.
class Board {
  readonly #pages = new Set<ServerResponse>();
  #changes = 0;
  shown: Shown;

  constructor(shown: Shown) {
    this.shown = shown;
  }

  show(shown: Shown): void {
    this.shown = shown;
    this.#changes += 1;
    for (const page of this.#pages) this.#tell(page);
  }

  join(page: ServerResponse): void {
    page.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    this.#pages.add(page);
    page.on('close', () => this.#pages.delete(page));
    this.#tell(page);
  }

  #tell(page: ServerResponse): void {
    page.write(`id: ${this.#changes}\ndata: ${JSON.stringify(this.shown.said)}\n\n`);
  }
}

async function look(files: readonly string[], board: Board, signal: AbortSignal): Promise<void> {
  let before = await stateOf(files);
  while (!signal.aborted) {
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    const now = await stateOf(files);
    if (now === before) continue;
    before = now;
    const said = (error: unknown) => ({ ...board.shown, said: reasonOf(error) });
    board.show(await drawn(files).catch(said));
  }
}

// Changes with the files.
async function stateOf(files: readonly string[]): Promise<string> {
  const found = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return found.map((file) => `${file?.ino} ${file?.size} ${file?.mtimeMs}`).join('\n');
}

async function drawn(files: readonly string[]): Promise<Shown> {
  const logs = await Promise.all(files.map((file) => readTrainingLog(file, 'growing')));
  const begun = logs.filter(({ steps, heldOut }) => steps.length + heldOut.length > 0);
  if (begun.length > 0) return { svg: trainingSvg(begun), said: '' };
  return { svg: '', said: 'There is no step yet.' };
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  const headers = { 'content-type': type, 'cache-control': 'no-store' };
  response.writeHead(status, { ...headers, 'x-content-type-options': 'nosniff' }).end(body);
}
