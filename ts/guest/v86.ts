// Where the emulator's own files are.
import { createRequire } from 'node:module';
import path from 'node:path';

// The path of v86.wasm, wherever npm put the package.
export function v86WasmPath(): string {
  return path.join(path.dirname(createRequire(import.meta.url).resolve('v86')), 'v86.wasm');
}
