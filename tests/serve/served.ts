// A server inside the test, of the bundled model or another.
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import path from 'node:path';
import { expect } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { bundledModel } from '../../ts/bundled/bundled.ts';
import { createApi, type ServerSettings } from '../../ts/serve/server.ts';
import { type WriterLimits, Writers } from '../../ts/serve/writers.ts';
import { sampleText } from '../../ts/stories/text.ts';
import { endServer, LOOPBACK, listen } from '../../ts/support/http.ts';
import { runProgram, small } from '../program/program.ts';

export interface Served {
  url: string;
  port: number;
  writers: Writers;
  close: () => Promise<void>;
}

const LIMITS = { threads: 2, queue: 4, seconds: 60 };
const SETTINGS = { maxTokens: 2048, maxBodyBytes: 65_536, transferSeconds: 15 };

export async function serveModel(
  limits: Partial<WriterLimits> = {},
  settings: Partial<ServerSettings> = {},
  file = bundledModel,
): Promise<Served> {
  const { program } = await buildTarget(findTarget('page-simd'));
  const module = new WebAssembly.Module(readFileSync(program));
  const model = readFileSync(file);
  const writers = new Writers({ module, model }, { ...LIMITS, ...limits });
  await writers.ready();
  const more = { model: 'stories', created: 946_684_800, ...SETTINGS, ...settings };
  const end = new AbortController();
  const server: Server = createApi(writers, more, end.signal);
  const url = await listen(server, { host: LOOPBACK, port: 0 }, 'serve');
  const close = async () => {
    end.abort();
    endServer(server);
    await writers.close();
  };
  return { url, port: Number(new URL(url).port), writers, close };
}

export function post(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}v1/completions`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

// A checkpoint of single letters whose texts have no end of their own.
export async function trainEndless(folder: string): Promise<string> {
  const file = path.join(folder, 'endless.ckpt');
  const train = ['train', '--text', path.resolve(sampleText), '--out', file, '--steps', '2'];
  expect((await runProgram([...train, ...small])).exitCode).toBe(0);
  return file;
}

// What the program of this machine writes after the prompt.
export async function natively(prompt: string, ...options: string[]): Promise<string> {
  const { stdout } = await runProgram(['generate', '--prompt', prompt, ...options]);
  return stdout.slice(prompt.length, -1);
}

// Looks again and again until it is so.
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}
