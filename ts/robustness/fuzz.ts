// Runs the fuzzers of tests/fuzz: random command lines, checkpoints, tokenizer files and texts.
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import pMap from 'p-map';
import { make } from '../build/make.ts';
import { exec } from '../support/exec.ts';
import { imagesDir, rootDir } from '../support/paths.ts';
import { formatSeconds, type Progress } from '../support/progress.ts';

const built = path.join(imagesDir, 'make', 'fuzz');
const SLOWEST_SECONDS = 120; // of an input; most take a thousandth of a second
const sources = path.join(rootDir, 'tests', 'fuzz');

// The names of all fuzzers: the C sources of tests/fuzz.
export function fuzzers(): string[] {
  const names = readdirSync(sources).filter((name) => name.endsWith('.c'));
  return names.map((name) => name.replace(/\.c$/, '')).sort();
}

// Builds all of them.
export async function buildFuzzers(): Promise<void> {
  await make(['fuzzers'], { what: 'build the fuzzers' });
}

// Gives a fuzzer the inputs of its corpus, each once; tells how many.
export async function replayCorpus(name: string): Promise<number> {
  const corpus = path.join(sources, 'corpus', name);
  const files = readdirSync(corpus).map((file) => path.join(corpus, file));
  const { stderr } = await fuzzer(name, files);
  return Array.from(stderr.matchAll(/^Executed /gm)).length;
}

// What one fuzzer did.
export interface Fuzzed {
  name: string;
  runs: number;
  seconds: number;
}

export interface FuzzSettings {
  runs: number;
  seed: number;
  /** Fuzzers at a time. */
  places: number;
  /** Where new inputs are kept for the next time. */
  kept?: string;
}

// Runs the named fuzzers. Throws where one finds an error.
export async function fuzz(
  names: readonly string[],
  settings: FuzzSettings,
  progress: Progress,
): Promise<Fuzzed[]> {
  const one = (name: string) => fuzzOne(name, settings, progress);
  return pMap(names, one, { concurrency: settings.places });
}

async function fuzzOne(
  name: string,
  { runs, seed, kept = path.join(built, 'corpus') }: FuzzSettings,
  progress: Progress,
): Promise<Fuzzed> {
  const own = path.join(kept, name);
  mkdirSync(own, { recursive: true });
  const args = [
    `-runs=${runs}`,
    `-seed=${seed}`,
    `-timeout=${SLOWEST_SECONDS}`,
    '-print_final_stats=1',
  ];
  const show = (line: string) => {
    const done = Number(/^#(\d+)\t/.exec(line)?.[1] ?? 0);
    const percent = Math.min(100, Math.floor((done * 100) / runs));
    if (done > 0) progress.update(`${name}: ${percent} %`, `${name} ${Math.floor(percent / 25)}`);
  };
  const folders = [own, path.join(sources, 'corpus', name)];
  const { stderr, hostSeconds } = await fuzzer(name, [...args, ...folders], show);
  const executed = Number(/number_of_executed_units: (\d+)/.exec(stderr)?.[1] ?? 0);
  progress.line(`${name}: ${executed} runs in ${formatSeconds(hostSeconds)}, nothing found`);
  return { name, runs: executed, seconds: hostSeconds };
}

function fuzzer(name: string, args: readonly string[], onStderr?: (line: string) => void) {
  const artifacts = `-artifact_prefix=${path.join(built, `${name}-`)}`;
  return exec(path.join(built, name), [artifacts, ...args], {
    cwd: rootDir,
    what: `fuzz ${name}`,
    hint: `The file named above holds the input. Try it again: images/make/fuzz/${name} FILE`,
    ...(onStderr && { onStderr }),
  });
}
