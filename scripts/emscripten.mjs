// Debian's Emscripten, unpacked by itself into the cache: for machines whose Node no package owns.
// There Debian's own Node, which Emscripten depends on, would be installed over it. What Emscripten
// needs beside Node (clang, lld, Binaryen, Python) is installed as ever. Plain Node, no packages.
import { chmod, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { kept } from './cache.mjs';
import { candidateVersion, dependenciesOf, unpackPackages } from './debian.mjs';
import { UserError } from './failures.mjs';
import { EMSCRIPTEN, keptVersions } from './requirements.mjs';

const NODE = 'nodejs';

// The packages to unpack, and those to install beside them.
export function emscriptenParts() {
  const unpacked = [EMSCRIPTEN];
  /** @type {Set<string>} */
  const beside = new Set();
  for (const name of unpacked) {
    for (const needed of dependenciesOf(name)) {
      if (!needed.startsWith('node-')) beside.add(needed);
      else if (!unpacked.includes(needed)) unpacked.push(needed);
    }
  }
  beside.delete(NODE);
  return { unpacked, beside: [...beside] };
}

// The emcc of the unpacked Emscripten, unpacked first where the cache does not have it whole.
/** @param {(line: string) => void} [log] */
export async function unpackedEmcc(log = () => {}) {
  const folder = await kept({ name: entryName(), what: 'Emscripten', make: unpack }, { log });
  return path.join(folder, 'emcc');
}

// The newest that the cache has, or what apt would bring.
function entryName() {
  const [newest] = keptVersions(EMSCRIPTEN);
  if (newest !== undefined) return newest;
  const version = candidateVersion(EMSCRIPTEN);
  if (version !== undefined) return `${EMSCRIPTEN}-${version}`;
  throw new UserError('apt knows no package emscripten', {
    hint: 'Run apt-get update, or install the Emscripten SDK and put its emcc on the PATH.',
  });
}

// What no program of ours is linked with: variants of the libraries, 600 MB of 800.
const UNUSED = [
  ...['lto', 'lto-pic', 'pic'].map((variant) => `cache/sysroot/lib/wasm32-emscripten/${variant}`),
  ...['tests', 'docs'],
];

/** @param {string} folder */
async function unpack(folder) {
  const archives = await unpackPackages(emscriptenParts().unpacked, folder);
  const inShare = UNUSED.map((name) => path.join(folder, 'usr/share/emscripten', name));
  for (const unused of [archives, path.join(folder, 'usr/bin'), ...inShare]) {
    await rm(unused, { recursive: true, force: true });
  }
  await writeFile(path.join(folder, 'emcc'), STARTER);
  await chmod(path.join(folder, 'emcc'), 0o755);
}

const STARTER = `#!/bin/sh
# Starts the emcc of this folder with the Node of the PATH.
here=$(dirname "$(realpath "$0")")
export EM_CONFIG="$here/usr/share/emscripten/.emscripten"
export EM_NODE_JS="$(command -v node)"
export NODE_PATH="$here/usr/share/nodejs\${NODE_PATH:+:$NODE_PATH}"
export PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/usr/share/emscripten/emcc.py" "$@"
`;
