// liblegacy_llm for WebAssembly: made by the same Makefile, it gives the same bits as the native one.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { make } from '../../ts/build/make.ts';
import { toolchainOf } from '../../ts/build/toolchain.ts';
import { exec } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const example = path.join(rootDir, 'examples', 'train_and_write.c');
const stories = readFileSync(path.join(rootDir, 'data', 'tiny_stories_sample.txt'));

// Where Emscripten is unpacked by itself, only its emcc has a starter.
function archiverOf(emcc: string): { variables: string[]; env: Record<string, string> } {
  const share = path.join(path.dirname(emcc), 'usr', 'share', 'emscripten');
  if (!existsSync(share)) return { variables: [], env: {} };
  const env = { EM_CONFIG: path.join(share, '.emscripten') };
  return { variables: [`AR=python3 ${path.join(share, 'emar.py')}`], env };
}

test('the example trains and writes the same in WebAssembly and natively', async () => {
  const emcc = await toolchainOf({ compiler: 'emcc', libc: 'emscripten', name: 'wasm' });
  const archiver = archiverOf(emcc.command);
  const at = (name: string) => path.join(folder(), name);
  const compile = ['-std=c99', '-Ic/include', example];

  const wasm = await make(
    ['lib', `CC=${emcc.command}`, `LIB=${at('wasm.a')}`, ...archiver.variables],
    { env: { ...emcc.env, ...archiver.env } },
  );
  expect(wasm.stderr).toBe('');
  const args = [...compile, ...emcc.linkArgs([at('wasm.a')], at('example.js'))];
  await exec(emcc.command, args, { cwd: rootDir, env: emcc.env });
  await make(['lib', `LIB=${at('native.a')}`]);
  await exec('cc', [...compile, at('native.a'), '-o', at('example')], { cwd: rootDir });

  const native = await exec(at('example'), [], { input: stories });
  const inNode = await exec(process.execPath, [at('example.js')], { input: stories });
  expect(native.stdout.length).toBeGreaterThan(150);
  expect(inNode.stdout).toBe(native.stdout);
  expect(inNode.stderr).toBe(native.stderr);
});
