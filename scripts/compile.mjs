// The driver's TypeScript as JavaScript that Node runs as it is, made by esbuild once for each state of
// the sources: a command begins in a third of the time that it takes to compile each file as it is
// loaded. The npm packages stay where they are, and a module finds its files where its source stands.
// Plain Node, no packages but esbuild, where there is something to compile.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { kept } from './cache.mjs';
import { systemFailure, UserError } from './failures.mjs';
import { cacheDir, rootDir } from './places.mjs';
import { filesOf } from './sums.mjs';

// What Node starts: the command line, and each file that is a process or a thread of its own.
export const isStarted = /\/(cli|v86_process|laptop_process|writer_thread)\.ts$/;
// Beside the sources: what esbuild reads, and what says which esbuild it is.
const OTHER_INPUTS = ['data/stories.json', 'tsconfig.json', 'package-lock.json'];
const KEPT_DAYS = 7; // a command of an earlier state may still be running

/** @typedef {ReadonlyMap<string, Buffer>} Sources  the contents of files, by their path in the checkout */

// The folder of the JavaScript: in the first of some places that can be written, the checkout's images/
// or the cache.
export async function compiledFolder(roots = [path.join(rootDir, 'images'), cacheDir()]) {
  const sources = await readSources();
  const entry = {
    name: path.join('driver', hashOf(sources)),
    what: 'the driver in JavaScript',
    days: KEPT_DAYS,
    /** @param {string} into */
    make: async (into) => {
      await bundle(sources, into);
      await writeFile(path.join(into, 'package.json'), '{ "type": "module" }\n');
      await symlink(path.join(rootDir, 'node_modules'), path.join(into, 'node_modules'));
    },
  };
  return kept(entry, { roots });
}

// The JavaScript of a file that Node starts, in that folder.
/** @param {string} folder @param {string} source its absolute path */
export function compiledFile(folder, source) {
  return path.join(folder, path.relative(rootDir, source).replace(/\.ts$/, '.js'));
}

// Each is read once: what is compiled is what the hash is of. A link that an editor made is none of them.
/** @returns {Promise<Sources>} */
async function readSources() {
  const inFolder = async (/** @type {string} */ top) =>
    (await filesOf(path.join(rootDir, top))).map((name) => path.join(top, name));
  const names = [...(await inFolder('ts')), ...(await inFolder('scripts'))];
  const files = [...names.filter((name) => /\.(ts|mjs)$/.test(name)), ...OTHER_INPUTS];
  return new Map(files.map((name) => [name, readFileSync(path.join(rootDir, name))]));
}

// Of the place, too, which stands in what is compiled.
/** @param {Sources} sources */
function hashOf(sources) {
  const hash = createHash('sha256').update(rootDir);
  for (const [name, bytes] of sources) hash.update(`\0${name}\0`).update(bytes);
  return hash.digest('hex').slice(0, 32);
}

/** @param {Sources} sources @param {string} outdir */
async function bundle(sources, outdir) {
  const started = [...sources.keys()].filter((name) => isStarted.test(name));
  try {
    const { build, stop } = await import('esbuild');
    const { metafile } = await build({
      entryPoints: started.map((name) => path.join(rootDir, name)),
      absWorkingDir: rootDir,
      outbase: rootDir,
      outdir,
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      metafile: true,
      logLevel: 'silent', // what it would say is in its error
      plugins: [{ name: 'sources', setup: (build) => serve(sources, build) }],
    }).finally(stop);
    const unknown = Object.keys(metafile.inputs).find((name) => !sources.has(name));
    if (unknown !== undefined) throw new Error(`${unknown} is not among its sources`);
  } catch (error) {
    if (systemFailure(error)) throw error;
    throw new UserError(`the driver cannot be compiled: ${String(error)}`, {
      hint: '`npm run doctor` looks for damaged packages.',
    });
  }
}

// Lets a module be where its source is: import.meta tells it that.
/** @param {Sources} sources @param {import('esbuild').PluginBuild} build */
function serve(sources, build) {
  build.onLoad({ filter: /\.(ts|mjs)$/ }, ({ path: file }) => {
    const source = sources.get(path.relative(rootDir, file));
    if (!source) return undefined;
    const contents = source
      .toString()
      .replace(/\bimport\.meta\.(url|filename)\b/g, (_, name) =>
        JSON.stringify(name === 'url' ? pathToFileURL(file).href : file),
      );
    return { contents, loader: file.endsWith('.ts') ? 'ts' : 'js' };
  });
}
