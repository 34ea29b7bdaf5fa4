// Loads a build of the library: the one that was asked for, or plain WebAssembly where the browser
// refuses its 128-bit instructions. Both give the same bits.
import plain from '#page/legacy_llm.wasm?url';
import simd from '#page-simd/legacy_llm.wasm?url';
import { Engine, EngineError } from '../../../ts/engine/engine.ts';
import type { BuildName, Started } from './protocol.ts';

const urls: Readonly<Record<BuildName, string>> = { 'wasm-simd': simd, wasm: plain };

// An engine, and what is to be told of it.
export async function load(build: BuildName): Promise<{ engine: Engine; started: Started }> {
  const first = await compile(build);
  if (first instanceof WebAssembly.Module) return start(build, first);
  if (build === 'wasm') throw new EngineError('this browser has no WebAssembly; use a newer one');
  const other = await load('wasm');
  const note = 'This browser has no WebAssembly SIMD; plain WebAssembly gives the same bits.';
  return { ...other, started: { ...other.started, note } };
}

function start(build: BuildName, module: WebAssembly.Module) {
  const engine = new Engine(module);
  const { kernels, presets } = engine;
  return { engine, started: { build, kernels, presets } };
}

// The compiled build; undefined where the engine refuses it.
async function compile(build: BuildName): Promise<WebAssembly.Module | undefined> {
  const bytes = await download(urls[build]);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return undefined;
    throw error;
  }
}

async function download(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url).catch(() => undefined);
  if (response?.ok) return response.arrayBuffer();
  const why = response ? `the server answers ${response.status}` : 'there is no answer';
  throw new EngineError(`the program of this page did not load: ${why}; reload the page`);
}
