// The server: its addresses, what it takes of a request, and how it answers. What is wrong with one
// request is told to its client, and no other notices.
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorCode } from '../support/errors.ts';
import { ApiError, apiErrorOf, errorBody } from './api_error.ts';
import {
  type Completion,
  completionBody,
  type Head,
  parseCompletion,
  usageBody,
  usageOf,
} from './completion.ts';
import type { Writers } from './writers.ts';

export interface ServerSettings {
  /** The name of the model. */
  model: string;
  /** When its file was written, in seconds since 1970. */
  created: number;
  maxTokens: number;
  maxBodyBytes: number;
  /** In which a request must have come, and in which its answer must be taken. */
  transferSeconds: number;
}

const MOST_CONNECTIONS = 1024;
const COMPLETIONS = '/v1/completions';

interface Context {
  settings: ServerSettings;
  writers: Writers;
  /** Aborts when the server ends. */
  ending: AbortSignal;
}

type Handler = (
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void> | void;

// By address: what each takes.
const routes: Readonly<Record<string, { method: string; handle: Handler }>> = {
  [COMPLETIONS]: { method: 'POST', handle: complete },
  '/v1/models': {
    method: 'GET',
    handle: ({ settings }, _, response) =>
      sendJson(response, 200, { object: 'list', data: [modelOf(settings)] }),
  },
  '/health': {
    method: 'GET',
    handle: ({ writers }, _, response) =>
      sendJson(response, 200, { status: 'ok', ...writers.state }),
  },
};

// A server that does not listen yet. When the signal aborts, it refuses what it has not answered.
export function createApi(writers: Writers, settings: ServerSettings, ending: AbortSignal): Server {
  setMaxListeners(0, ending); // one for each request
  const context = { settings, writers, ending };
  const transferMs = 1000 * settings.transferSeconds;
  const limits = {
    headersTimeout: transferMs,
    requestTimeout: transferMs,
    connectionsCheckingInterval: Math.min(1000, transferMs),
  };
  const answers = new WeakMap<Duplex, ServerResponse>();
  const server = createServer(limits, (request, response) => {
    answers.set(request.socket, response);
    void answer(context, request, response);
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('clientError', (error: Error, socket) => {
    const begun = answers.get(socket);
    if (begun?.headersSent && !begun.writableFinished)
      socket.destroy(); // words would stand within it
    else refuseBytes(error, socket);
  });
  return server;
}

async function answer(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.on('error', () => {}); // the response tells of its end
  response.on('error', () => {});
  const over = new AbortController();
  try {
    const work = async () => handlerOf(context, request)(context, request, response);
    await Promise.race([work(), refusalOf(context.ending, over.signal)]);
  } catch (error) {
    fail(response, apiErrorOf(error));
  } finally {
    over.abort();
  }
  if (context.ending.aborted) endConnection(request.socket, response);
  leaveUnread(request.socket, response, 1000 * context.settings.transferSeconds);
}

// Fails when the server ends, unless the request is over before.
function refusalOf(ending: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = () => reject(new ApiError(503, 'server_ends', 'the server ends'));
    if (ending.aborted) refuse();
    else ending.addEventListener('abort', refuse, { once: true, signal: over });
  });
}

// Ends the connection once the answer is out.
function endConnection(socket: Socket, response: ServerResponse): void {
  if (response.writableFinished) socket.end();
  else response.once('finish', () => socket.end());
}

function handlerOf({ settings }: Context, { url = '', method }: IncomingMessage): Handler {
  const address = url.split('?', 1)[0] ?? '';
  const ofModel = isNamed(address, `/v1/models/${settings.model}`);
  const found = Object.hasOwn(routes, address) ? routes[address] : undefined;
  const route = ofModel ? { method: 'GET', handle: sendModel } : found;
  if (!route) throw new ApiError(404, 'not_found', 'there is nothing at this address');
  if (method === route.method) return route.handle;
  throw new ApiError(405, 'method_not_allowed', `this address takes ${route.method} alone`, {
    headers: { allow: route.method },
  });
}

function isNamed(address: string, named: string): boolean {
  try {
    return decodeURIComponent(address) === named;
  } catch {
    return false;
  }
}

function sendModel({ settings }: Context, _: IncomingMessage, response: ServerResponse): void {
  sendJson(response, 200, modelOf(settings));
}

function modelOf({ model, created }: ServerSettings) {
  return { id: model, object: 'model', created, owned_by: 'legacy-llm' };
}

// ---- completions ----

async function complete(
  { settings, writers }: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('the client is gone')));
  const order = parseCompletion(await readBody(request, settings.maxBodyBytes), settings);
  const head = {
    id: `cmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: settings.model,
  };
  if (order.stream) return stream(writers, order, head, response, gone.signal);
  let text = '';
  const take = (piece: string) => {
    text += piece;
  };
  const written = await writers.write(order, take, gone.signal);
  const body = { ...completionBody(head, text, written.end), usage: usageOf(written) };
  sendJson(response, 200, body);
}

// As server-sent events: an event for each piece, the end, the counts where they are asked for. The
// head waits for the first piece, so that a refusal has its status.
async function stream(
  writers: Writers,
  order: Completion,
  head: Head,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const send = (body: unknown) => sendEvent(response, JSON.stringify(body));
  const piece = (text: string) => send(completionBody(head, text, null));
  const written = await writers.write(order, piece, gone);
  send(completionBody(head, '', written.end));
  if (order.includeUsage) send(usageBody(head, written));
  sendEvent(response, '[DONE]');
  response.end();
}

function sendEvent(response: ServerResponse, data: string): void {
  if (!response.headersSent) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  }
  response.write(`data: ${data}\n\n`);
}

// ---- bodies ----

// A page of another site can only send other types unasked, so what it sends is not taken.
async function readBody(request: IncomingMessage, most: number): Promise<string> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new ApiError(415, 'unsupported_media_type', 'the content-type must be application/json');
  }
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge(most);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > most) throw tooLarge(most);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(most: number): ApiError {
  return new ApiError(413, 'body_too_large', `the body has more than ${most} bytes`, {
    headers: { connection: 'close' },
  });
}

// ---- answers ----

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  const own = { 'content-type': 'application/json', 'content-length': length };
  response.writeHead(status, { ...own, 'cache-control': 'no-store', ...headers }).end(text);
}

// Tells an error: as the answer, or in a stream that has begun as its last event.
function fail(response: ServerResponse, error: ApiError): void {
  if (response.destroyed) return;
  if (!response.headersSent) sendJson(response, error.status, errorBody(error), error.headers);
  else {
    sendEvent(response, JSON.stringify(errorBody(error)));
    response.end();
  }
}

// An answer that nobody reads does not keep its connection.
function leaveUnread(socket: Socket, response: ServerResponse, ms: number): void {
  if (!response.writableFinished && !socket.destroyed) socket.setTimeout(ms);
}

// What is no request, or has not come in time, in as many words; the connection ends.
const broken: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not come in time'],
  HPE_HEADER_OVERFLOW: [431, 'the header of the request is too large'],
};

function refuseBytes(error: Error, socket: Duplex): void {
  if (!socket.writable || errorCode(error) === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, message] = broken[errorCode(error) ?? ''] ?? [400, 'this is no HTTP request'];
  const body = JSON.stringify(errorBody(new ApiError(status, 'bad_request', message)));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...['content-type: application/json', 'connection: close'],
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
