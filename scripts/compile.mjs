// The driver's TypeScript as JavaScript that Node runs as it is, made by esbuild once for each state of
// the sources: a command begins in a third of the time that it takes to compile each file as it is
// loaded. The npm packages stay where they are, and a module finds its files where its source stands.
// Plain Node, no packages but esbuild, where there is something to compile.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { kept, removeOlder } from './cache.mjs';
import { cacheDir, rootDir } from './places.mjs';

// What Node starts: the command line, and each file that is a process or a thread of its own.
const isStarted = /\/(cli|v86_process|laptop_process|writer_thread)\.ts$/;
const KEPT_DAYS = 1; // a command of an earlier state may still be running

// The folder of the JavaScript: in the checkout's images/, or in the cache where that cannot be written.
export async function compiledFolder() {
  const sources = sourceFiles();
  const entry = {
    name: path.join('driver', hashOf([...sources, 'package-lock.json'])),
    what: 'the driver in JavaScript',
    /** @param {string} into */
    make: async (into) => {
      const started = sources.filter((name) => isStarted.test(name));
      await bundle(started, into);
      await symlink(path.join(rootDir, 'node_modules'), path.join(into, 'node_modules'));
      await removeOlder(path.dirname(into), KEPT_DAYS);
    },
  };
  return kept(entry, { roots: [path.join(rootDir, 'images'), cacheDir()] });
}

// The JavaScript of a file that Node starts, in that folder.
/** @param {string} folder @param {string} source its absolute path */
export function compiledFile(folder, source) {
  return path.join(folder, path.relative(rootDir, source).replace(/\.ts$/, '.js'));
}

function sourceFiles() {
  const names = ['ts', 'scripts'].flatMap((top) =>
    readdirSync(path.join(rootDir, top), { recursive: true, encoding: 'utf8' }).map((name) =>
      path.posix.join(top, name),
    ),
  );
  return names.filter((name) => /\.(ts|mjs)$/.test(name)).sort();
}

// Of the place, too, which stands in what is compiled.
/** @param {readonly string[]} names */
function hashOf(names) {
  const hash = createHash('sha256').update(rootDir);
  for (const name of names) {
    hash.update(`\0${name}\0`).update(readFileSync(path.join(rootDir, name)));
  }
  return hash.digest('hex').slice(0, 32);
}

/** @param {readonly string[]} started @param {string} outdir */
async function bundle(started, outdir) {
  const { build } = await import('esbuild');
  await build({
    entryPoints: started.map((name) => path.join(rootDir, name)),
    outbase: rootDir,
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent', // what it would say is in its error
    plugins: [{ name: 'places', setup: keepPlaces }],
  });
}

// Lets a module be where its source is: import.meta tells it that.
/** @param {import('esbuild').PluginBuild} build */
function keepPlaces(build) {
  build.onLoad({ filter: /\.(ts|mjs)$/ }, ({ path: file }) => ({
    contents: readFileSync(file, 'utf8')
      .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href))
      .replaceAll('import.meta.filename', JSON.stringify(file)),
    loader: file.endsWith('.ts') ? 'ts' : 'js',
  }));
}
