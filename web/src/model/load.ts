// Loads a build of the library once, for all Workers that run it: the one that was asked for, or plain
// WebAssembly where the browser refuses its 128-bit instructions. Both give the same bits. It is compiled
// beside the page's own thread, which asks it for nothing but its facts.
import plain from '#page/legacy_llm.wasm?url';
import simd from '#page-simd/legacy_llm.wasm?url';
import { Engine, EngineError } from '../../../ts/engine/engine.ts';
import type { BuildName, Program } from './protocol.ts';

const urls: Readonly<Record<BuildName, string>> = { 'wasm-simd': simd, wasm: plain };
const programs = new Map<BuildName, Promise<Program>>();

// A build, compiled, and what is to be told of it.
export function loadProgram(build: BuildName): Promise<Program> {
  const known = programs.get(build);
  if (known) return known;
  const program = load(build);
  programs.set(build, program);
  program.catch(() => programs.delete(build)); // the next one may find it
  return program;
}

async function load(build: BuildName): Promise<Program> {
  const module = await compile(build);
  if (module) {
    const { kernels, presets } = new Engine(module);
    return { build, module, kernels, presets };
  }
  if (build === 'wasm') throw new EngineError('this browser has no WebAssembly; use a newer one');
  const note = 'This browser has no WebAssembly SIMD; plain WebAssembly gives the same bits.';
  return { ...(await loadProgram('wasm')), note };
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
