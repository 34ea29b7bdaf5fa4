// Builds a target: compiles, links, scans, puts the program and its build.json in place. Does
// nothing when sources, headers, flags, compiler and program are those of the last build, and compiles
// nothing that was built of the same in another checkout: the cache keeps it for some days.
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import pLimit from 'p-limit';
import { kept } from '../../scripts/cache.mjs';
import { systemFailure } from '../../scripts/failures.mjs';
import { withLock } from '../../scripts/lock.mjs';
import { ownedName, sweep } from '../../scripts/owner.mjs';
import { describeError, UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { copyFileAtomic, readTextIfThere, writeFileAtomic } from '../support/files.ts';
import { sha256, sha256File, sha256Json } from '../support/hash.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { buildDir, imagesDir, rootDir } from '../support/paths.ts';
import { formatBytes, formatSeconds } from '../support/progress.ts';
import { type Replacement, replaceInstructions } from './replacements.ts';
import { checkScan, isScanned, type ScanResult, scanFile } from './scan.ts';
import { type FolderFlags, folderFlags, type Target } from './targets.ts';
import { listFiles, type Toolchain, toolchainOf } from './toolchain.ts';

export interface Artefact {
  target: Target;
  /** Absolute path of the program. */
  program: string;
  /** Path of build.json: compiler version, flags, hashes. */
  record: string;
  /** False when the last build was up to date. */
  built: boolean;
}

export interface BuildOptions {
  force?: boolean;
  log?: (line: string) => void;
  /** Called before each compiler call. */
  onStep?: (target: string, step: string) => void;
  /** Where the sources stand and the artefacts go; tests have their own. */
  source?: SourceTree;
  outDir?: string;
}

export interface SourceTree {
  root: string;
  /** Folders of .c files, or such files, relative to the root. */
  sources: readonly string[];
  /** Folders of .h files, relative to the root. */
  includes: readonly string[];
  /** Flags that the sources of a folder have on top of their target's. */
  folderFlags?: FolderFlags;
}

// What stands in build.json.
export interface BuildRecord {
  target: string;
  title: string;
  level: string;
  compiler: { command: string; version: string };
  libc: string;
  compileFlags: readonly string[];
  /** What the sources of a folder are compiled with on top of that. */
  folderFlags: Readonly<Record<string, readonly string[]>>;
  linkFlags: readonly string[];
  /** What the compiler's assembly was changed in; most builds assemble it as it is. */
  replacements?: readonly Replacement[];
  /** SHA-256 of each source and header. */
  files: Readonly<Record<string, string>>;
  /** SHA-256 over everything above: equal when nothing has changed. */
  inputs: string;
  /** The scan for instructions above the level, for i386 files. */
  scan?: { level: string; functions: number; instructions: number; violations: number };
  outputs: Readonly<Record<string, { bytes: number; sha256: string }>>;
}

const program: SourceTree = {
  root: rootDir,
  sources: ['c/src', 'c/tests', 'c/baseline', 'c/llama2'],
  includes: ['c/include', 'c/src', 'c'],
  folderFlags,
};

// The library alone, as the Makefile has it, with what a page calls of it.
const libraryFloors = ['base', 'math', 'text', 'counts', 'model', 'train', 'gguf'];
const libraryFiles = ['library', 'model_source', 'ngrams', 'presets', 'reader', 'trainer'];

export const library: SourceTree = {
  root: rootDir,
  sources: [
    ...libraryFloors.map((floor) => `c/src/${floor}`),
    ...libraryFiles.map((name) => `c/src/run/${name}.c`),
  ],
  includes: ['c/include', 'c/src', 'c'],
};

const forPage: SourceTree = { ...library, sources: [...library.sources, 'web/wasm'] };

const RECORD = 'build.json';
const KEPT_DAYS = 2;
const compilers = pLimit(Math.max(2, availableParallelism()));
const running = new Map<string, Promise<Artefact>>();

// Builds one target unless it is up to date. Calls for the same target share one build.
export function buildTarget(target: Target, options: BuildOptions = {}): Promise<Artefact> {
  const folder = path.join(options.outDir ?? buildDir, target.name);
  const before = running.get(folder);
  if (before) return before;
  const build = buildInto(folder, target, options).finally(() => running.delete(folder));
  running.set(folder, build);
  return build;
}

async function buildInto(folder: string, target: Target, options: BuildOptions): Promise<Artefact> {
  const log = options.log ?? (() => {});
  const tree = options.source ?? (target.run === 'page' ? forPage : program);
  const started = Date.now();
  const toolchain = await toolchainOf(target, log);
  const plan = await planBuild(target, toolchain, tree);
  const record = path.join(folder, RECORD);
  const artefact = { target, program: path.join(folder, target.output), record };
  const make = async (into: string) => {
    await compileInto(into, folder, target, toolchain, tree, plan, options);
    if ((await planBuild(target, toolchain, tree)).inputs === plan.inputs) return;
    throw new UserError(`${target.name}: its sources changed while they were compiled`, {
      hint: 'Run it again.',
    });
  };
  const isOfProject = options.source === undefined;
  const build = async () => {
    if (!options.force && (await isUpToDate(folder, plan.inputs))) return undefined;
    return options.force || !isOfProject
      ? place(make, folder)
      : placeKept(plan, make, folder, options);
  };
  const isThere = !options.force && (await isUpToDate(folder, plan.inputs));
  const waits = () => options.onStep?.(target.name, 'another run builds it; waiting');
  // Another process that builds the same leaves nothing to do.
  const result = isThere
    ? undefined
    : await withLock(lockOf(folder), build, waits, interruptSignal);
  if (!result) {
    log(`${target.name}: up to date, nothing to do`);
    return { ...artefact, built: false };
  }
  log(
    `${target.name}: ${summary(target, result)} in ${formatSeconds((Date.now() - started) / 1000)}`,
  );
  return { ...artefact, built: true };
}

// Not in the folder, which holds what was built and nothing else.
function lockOf(folder: string): string {
  return path.join(imagesDir, 'locks', `${sha256(folder).slice(0, 16)}.lock`);
}

type Plan = Omit<BuildRecord, 'scan' | 'outputs'>;

async function planBuild(target: Target, toolchain: Toolchain, tree: SourceTree): Promise<Plan> {
  const plan = {
    target: target.name,
    title: target.title,
    level: target.level,
    compiler: { command: toolchain.command, version: toolchain.version },
    libc: toolchain.libcVersion,
    compileFlags: compileFlags(target, toolchain, tree),
    folderFlags: flagsOfFolders(target, tree),
    linkFlags: toolchain.linkArgs(['<objects>'], target.output),
    ...(target.replacements && { replacements: target.replacements }),
    files: { ...(await hashFiles(tree)), ...hashOfPreJs(target) },
  };
  return { ...plan, inputs: sha256Json({ ...plan, libraries: toolchain.inputs }) };
}

function hashOfPreJs({ preJs }: Target): Record<string, string> {
  return preJs === undefined ? {} : { [preJs]: sha256(readFileSync(path.join(rootDir, preJs))) };
}

function compileFlags(target: Target, toolchain: Toolchain, tree: SourceTree): string[] {
  const includes = tree.includes.map((folder) => `-I${folder}`);
  return [...target.flags, ...includes, ...toolchain.compileArgs];
}

// By which a checkout elsewhere gives the same bytes; no part of the record, so that a build which is
// brought there is up to date.
function sameBytes({ root }: SourceTree): string {
  return `-ffile-prefix-map=${root}=.`;
}

function flagsOfFolders(target: Target, tree: SourceTree): Record<string, readonly string[]> {
  const rows = Object.entries(tree.folderFlags ?? {});
  return Object.fromEntries(rows.map(([folder, flags]) => [folder, flags[target.compiler]]));
}

// The sources of a tree, relative to its root, in a fixed order.
export async function sourcesOf(tree: SourceTree): Promise<string[]> {
  const lists = tree.sources.map((name) =>
    name.endsWith('.c') ? [name] : listFiles(tree.root, name, '.c'),
  );
  const sources = (await Promise.all(lists)).flat();
  if (sources.length > 0) return sources;
  throw new UserError(`no C sources in ${tree.sources.join(' and ')} under ${tree.root}`);
}

async function hashFiles(tree: SourceTree): Promise<Record<string, string>> {
  const own = tree.sources.filter((name) => !name.endsWith('.c')); // they have headers of their own
  const headers = [...tree.includes, ...own].map((folder) => listFiles(tree.root, folder, '.h'));
  const files = [...(await sourcesOf(tree)), ...(await Promise.all(headers)).flat()];
  // One after the other: for many small files, waiting for each costs more than reading it.
  const hash = (file: string) => [file, sha256(readFileSync(path.join(tree.root, file)))] as const;
  return Object.fromEntries(files.map(hash));
}

async function isUpToDate(folder: string, inputs: string): Promise<boolean> {
  const record = parseRecord(await readTextIfThere(path.join(folder, RECORD)));
  if (record?.inputs !== inputs) return false;
  const outputs = Object.entries(record.outputs);
  const same = await Promise.all(
    outputs.map(async ([name, { sha256 }]) => {
      const now = await sha256File(path.join(folder, name)).catch(() => undefined);
      return now === sha256;
    }),
  );
  return outputs.length > 0 && same.every(Boolean);
}

function parseRecord(text: string | undefined): BuildRecord | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as BuildRecord;
  } catch {
    // Not written by us, or damaged: the build makes it anew.
    return undefined;
  }
}

// Compiles with objects beside the target's folder, and fills another one with what comes of them and
// the record.
async function compileInto(
  out: string,
  folder: string,
  target: Target,
  found: Toolchain,
  tree: SourceTree,
  plan: Plan,
  options: BuildOptions,
): Promise<void> {
  await sweep(path.dirname(folder), `${path.basename(folder)}.`);
  const work = ownedName(folder);
  await mkdir(work, { recursive: true });
  const toolchain = workingIn(work, found);
  try {
    const objects = await compileAll(work, target, toolchain, tree, plan, options);
    options.onStep?.(target.name, 'link');
    const preJs = target.preJs ? ['--pre-js', path.join(rootDir, target.preJs)] : [];
    await link(path.join(out, target.output), target.name, toolchain, [...preJs, ...objects]);
    const scan = await scanLinked(path.join(out, target.output), target);
    if (target.run === 'node') await writeFileAtomic(path.join(out, 'package.json'), COMMON_JS);
    const outputs = await describeOutputs(out);
    const record = { ...plan, ...(scan && { scan: countsOf(scan) }), outputs };
    await writeRecord(out, record);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

// A toolchain whose own temporary files are in that folder: it leaves some when it is ended.
function workingIn(work: string, toolchain: Toolchain): Toolchain {
  return { ...toolchain, env: { ...toolchain.env, TMPDIR: work } };
}

// The .js that emcc writes is CommonJS, while the package around it is ESM.
const COMMON_JS = '{ "type": "commonjs" }\n';

async function compileAll(
  work: string,
  target: Target,
  toolchain: Toolchain,
  tree: SourceTree,
  plan: Plan,
  options: BuildOptions,
): Promise<string[]> {
  const sources = await sourcesOf(tree);
  const failed = new AbortController();
  const compile = async (source: string, index: number): Promise<string> => {
    const object = path.join(work, `${index}.o`);
    await compilers(async () => {
      if (failed.signal.aborted) return;
      options.onStep?.(target.name, source);
      const stderr = await compileOne(source, object, toolchain, tree, plan);
      if (stderr.trim()) options.log?.(stderr.trimEnd());
    });
    return object;
  };
  const results = await Promise.allSettled(
    sources.map((source, index) =>
      compile(source, index).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    ),
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
  return results.map((result) => (result as PromiseFulfilledResult<string>).value);
}

// What compiles, with what starts it, as CMake calls it: C_COMPILER_LAUNCHER=ccache keeps what it compiles.
// No part of the record, since it changes nothing.
async function compilerOf({ command, compiler }: Toolchain): Promise<[string, ...string[]]> {
  const { C_COMPILER_LAUNCHER } = process.env;
  const words = (await compiler?.()) ?? [command];
  return (C_COMPILER_LAUNCHER ? [C_COMPILER_LAUNCHER, ...words] : words) as [string, ...string[]];
}

// Compiles a source, and gives what the compiler says. Where there are replacements, it compiles to
// assembly first, and assembles what comes of them.
async function compileOne(
  source: string,
  object: string,
  toolchain: Toolchain,
  tree: SourceTree,
  plan: Plan,
): Promise<string> {
  const ofFolder = plan.folderFlags[path.posix.dirname(source)] ?? [];
  const flags = [...plan.compileFlags, sameBytes(tree), ...ofFolder];
  const call = async (args: readonly string[]) => {
    const options = { cwd: tree.root, env: toolchain.env };
    const what = `${plan.target}: compile ${source}`;
    const [command, ...before] = await compilerOf(toolchain);
    return (await exec(command, [...before, ...flags, ...args], { ...options, what })).stderr;
  };
  if (!plan.replacements) return call(['-c', source, '-o', object]);
  const assembly = `${object}.s`;
  const said = await call(['-S', source, '-o', assembly]);
  const text = replaceInstructions(await readFile(assembly, 'utf8'), plan.replacements);
  await writeFile(assembly, text);
  return said + (await call(['-c', assembly, '-o', object]));
}

async function link(
  output: string,
  name: string,
  toolchain: Toolchain,
  objects: readonly string[],
): Promise<void> {
  await compilers(() =>
    exec(toolchain.command, toolchain.linkArgs(objects, output), {
      env: toolchain.env,
      what: `${name}: link`,
    }),
  );
}

async function scanLinked(file: string, target: Target): Promise<ScanResult | undefined> {
  if (!isScanned(target.level)) return undefined;
  const result = await scanFile(file, target.level);
  checkScan(target.name, result);
  return result;
}

function countsOf(scan: ScanResult): NonNullable<BuildRecord['scan']> {
  const { level, functions, instructions, violations } = scan;
  return { level, functions, instructions, violations: violations.length };
}

async function describeOutputs(folder: string): Promise<BuildRecord['outputs']> {
  const names = (await readdir(folder)).sort();
  const describe = async (name: string) => {
    const file = path.join(folder, name);
    return [name, { bytes: (await stat(file)).size, sha256: await sha256File(file) }] as const;
  };
  return Object.fromEntries(await Promise.all(names.map(describe)));
}

// Makes a build and puts it in place.
async function place(make: (into: string) => Promise<void>, folder: string): Promise<BuildRecord> {
  const out = ownedName(folder);
  await mkdir(out, { recursive: true });
  try {
    await make(out);
    return await copyBuild(out, folder);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

// Puts a build in place that the cache keeps, made first where it does not. Where it cannot, the build is
// made all the same.
async function placeKept(
  { target, inputs }: Plan,
  make: (into: string) => Promise<void>,
  folder: string,
  { log = () => {} }: BuildOptions,
): Promise<BuildRecord> {
  let fault: unknown; // of the build, not of the cache
  const entry = {
    name: path.join('build', sha256(inputs + (await hashOfBuilder()))),
    what: `the build ${target}`,
    days: KEPT_DAYS,
    make: (into: string) =>
      make(into).catch((error: unknown) => {
        if (!systemFailure(error)) fault = error;
        throw error;
      }),
  };
  try {
    return await copyBuild(await kept(entry, { log, signal: interruptSignal }), folder);
  } catch (error) {
    if (fault) throw fault;
    interruptSignal.throwIfAborted();
    log(`${entry.what} is not kept for other checkouts: ${describeError(error)}`);
    return place(make, folder);
  }
}

let builder: Promise<string> | undefined;

// Of all that turns sources and flags into a program.
function hashOfBuilder(): Promise<string> {
  builder ??= listFiles(rootDir, 'ts/build', '.ts').then((files) =>
    sha256Json(files.map((file) => sha256(readFileSync(path.join(rootDir, file))))),
  );
  return builder;
}

// The record goes first and comes back last: a build that is cut off is never taken for current.
async function copyBuild(from: string, folder: string): Promise<BuildRecord> {
  const record = parseRecord(await readTextIfThere(path.join(from, RECORD)));
  if (!record) throw new UserError(`${path.join(from, RECORD)} is no record of a build`);
  await mkdir(folder, { recursive: true });
  await rm(path.join(folder, RECORD), { force: true });
  for (const name of Object.keys(record.outputs)) {
    await copyFileAtomic(path.join(from, name), path.join(folder, name));
  }
  await writeRecord(folder, record);
  return record;
}

async function writeRecord(folder: string, record: BuildRecord): Promise<void> {
  await writeFileAtomic(path.join(folder, RECORD), `${JSON.stringify(record, null, 2)}\n`);
}

function summary(target: Target, record: BuildRecord): string {
  const bytes = Object.values(record.outputs).reduce((sum, output) => sum + output.bytes, 0);
  const scan = record.scan
    ? `, ${record.scan.instructions} instructions held to ${record.scan.level}`
    : '';
  return `built ${target.output}, ${formatBytes(bytes)}${scan}`;
}

// Compiles and links a static i386 program of the guest's own, for example its init.
export async function compileMuslI386(
  sources: readonly string[],
  output: string,
  flags: readonly string[],
): Promise<void> {
  const found = await toolchainOf({ compiler: 'gcc', libc: 'musl-i386', name: 'i386' });
  await mkdir(path.dirname(output), { recursive: true });
  const work = ownedName(output);
  await mkdir(work);
  const toolchain = workingIn(work, found);
  try {
    const [command, ...before] = await compilerOf(toolchain);
    const compile = async (source: string, index: number): Promise<string> => {
      const object = path.join(work, `${index}.o`);
      const args = ['-m32', ...flags, ...toolchain.compileArgs, '-c', source, '-o', object];
      const { env } = toolchain;
      await compilers(() =>
        exec(command, [...before, ...args], { env, what: `compile ${source} for i386` }),
      );
      return object;
    };
    const objects = await Promise.all(sources.map(compile));
    await link(output, path.basename(output), toolchain, [...flags, ...objects]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
