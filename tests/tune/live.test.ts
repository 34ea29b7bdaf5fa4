// Sweeps with the real program: one leaderboard whatever the number of workers and the kills between,
// failures that are results, and trials that another scheduler runs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { evalCommand } from '../../ts/program/command_lines.ts';
import { parseJudgement } from '../../ts/program/judgement.ts';
import { exec, execAny } from '../../ts/support/exec.ts';
import { sha256File } from '../../ts/support/hash.ts';
import { rootDir } from '../../ts/support/paths.ts';
import type { Progress } from '../../ts/support/progress.ts';
import { openJournal } from '../../ts/tune/journal.ts';
import { type Place, placesOf } from '../../ts/tune/leaderboard.ts';
import { ask, tell } from '../../ts/tune/scheduler.ts';
import { readSweep } from '../../ts/tune/sweep.ts';
import { checkpointOf, type Workshop } from '../../ts/tune/trial.ts';
import { carryOut } from '../../ts/tune/tune.ts';
import { headOf, openWorkshop } from '../../ts/tune/workshop.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const at = (...names: string[]) => path.join(folder(), ...names);

const words = ['the cat', 'a dog', 'my house', 'red', 'saw', 'and then', 'we ran', 'to the hill'];
const story = Array.from(
  { length: 400 },
  (_, at) => `${words[(at * at + at) % 8]} ${words[at % 7]}.`,
);

const shape = `
  layers: {value: 1}
  heads: {value: 1}
  context: {value: 8}
  batch: {value: 2}
  counts: {value: none}
`;

// Six trials, of which the best third goes on.
const halving = `
method: random
run_cap: 6
seed: 3
target: host
text: story.txt
budget: {steps: 36}
early_terminate: {type: hyperband, s: 1}
parameters:${shape}  dim: {values: [8, 16]}
  lr: {min: 0.001, max: 0.05, distribution: log_uniform_values}
`;

function writeSweep(source: string): string {
  writeFileSync(at('story.txt'), story.join('\n'));
  writeFileSync(at('sweep.yaml'), source);
  return at('sweep.yaml');
}

const driver = path.join(rootDir, 'scripts', 'legacy-llm.mjs');

function tune(...args: string[]) {
  return execAny(process.execPath, [driver, 'tune', ...args]);
}

const results = ['leaderboard.md', 'leaderboard.csv', 'leaderboard.json'];

function boardIn(out: string): string[] {
  return results.map((name) => readFileSync(path.join(out, name), 'utf8'));
}

test('one worker, two, two processes, and kills between: the same leaderboard and the same best model', async () => {
  const sweep = writeSweep(halving);
  const [one, two, killed] = [at('one'), at('two'), at('killed')];
  expect((await tune(sweep, '--out', one, '--jobs', '1')).exitCode).toBe(0);
  expect((await tune(sweep, '--out', two, '--jobs', '2')).exitCode).toBe(0);
  const beside = at('beside');
  const both = [1, 2].map(() => tune(sweep, '--out', beside, '--jobs', '1'));
  for (const { exitCode } of await Promise.all(both)) expect(exitCode).toBe(0);
  expect(boardIn(beside)).toEqual(boardIn(one));
  const args = [driver, 'tune', sweep, '--out', killed, '--jobs', '2'];
  for (const lines of [2, 5]) {
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    await linesIn(path.join(killed, 'journal.jsonl'), lines, child);
    child.kill('SIGKILL');
    await once(child, 'close');
    appendFileSync(path.join(killed, 'journal.jsonl'), '{"event":"outc'); // as a kill may leave it
  }
  expect((await tune(sweep, '--out', killed, '--jobs', '2')).exitCode).toBe(0);
  expect(boardIn(two)).toEqual(boardIn(one));
  expect(boardIn(killed)).toEqual(boardIn(one));
  const best = await Promise.all([one, two, killed].map((out) => sha256File(`${out}/best.ckpt`)));
  expect(new Set(best).size).toBe(1);
  expect(readdirSync(path.join(one, 'trials')).filter((name) => !name.endsWith('.log'))).toEqual(
    [],
  );
  const { trials } = JSON.parse(boardIn(one)[2] ?? '') as { trials: { step: number }[] };
  expect(trials.map(({ step }) => step)).toEqual([36, 36, ...Array(4).fill(12)]);
});

// Waits until a file has so many lines, or the child has ended.
async function linesIn(file: string, lines: number, child: { exitCode: number | null }) {
  const count = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0);
  while (count() < lines && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('what fails is a line of the leaderboard; the rest goes on', async () => {
  const sweep = writeSweep(`
method: grid
target: host
text: story.txt
budget: {steps: 4, ram: 8MB}
parameters:${shape}  dim: {values: [8, 9, 1024]}
`);
  const { exitCode, stdout } = await tune(sweep, '--out', at('out'));
  expect(exitCode).toBe(0);
  const [, csv = ''] = boardIn(at('out'));
  const failed = csv
    .split('\n')
    .filter((line) => !/^\d+,\d+,\d/.test(line))
    .join('\n');
  expect(failed).toContain('dim');
  expect(failed).toMatch(/needs [\d.]+ MB, of 8\.4 MB/);
  expect(stdout).toContain('--dim 8 --steps 4');
});

test('a trial that takes too long has failed, and says so', async () => {
  const sweep = writeSweep(`
method: grid
target: host
text: story.txt
minutes: 0.02
budget: {steps: 1000000}
parameters:${shape}  dim: {value: 8}
`);
  expect((await tune(sweep, '--out', at('out'))).exitCode).toBe(0);
  expect(boardIn(at('out'))[1]).toContain('train did not end within 1.2 seconds');
});

test('a sweep that is asked for and told ends as one that is run here', async () => {
  const sweep = await readSweep(writeSweep(halving));
  const out = at('told');
  const paths = { text: at('story.txt'), out, modelled: false };
  const shop = await openWorkshop(sweep, paths, silent);
  await mkdir(shop.folder, { recursive: true });
  const journal = openJournal(out);
  await journal.begin(await headOf(sweep, shop));
  const askFor = (again: boolean) => ask(sweep.search, journal, shop, again);
  let jobs = 0;
  for (let job = await askFor(false); job.event === 'job'; job = await askFor(false)) {
    expect(await askFor(true)).toEqual(job);
    const { trial, rung, args } = job;
    await callProgram(shop, args);
    const judged = evalCommand(checkpointOf(trial, shop.folder), shop.text);
    const value = Number(parseJudgement(await callProgram(shop, judged)).loss);
    await tell(sweep.search, journal, shop, { trial, rung, value });
    jobs += 1;
  }
  expect(await askFor(false)).toEqual({ event: 'over' });
  expect(jobs).toBe(6 + 2);
  const told = placesOf(sweep, await journal.read());
  const session = { search: sweep.search, shop: { ...shop, folder: at('run') }, out: at('run') };
  const own = openJournal(at('run'));
  await mkdir(at('run'));
  await own.begin(await headOf(sweep, shop));
  const run = await carryOut({ ...session, journal: own, jobs: 2, progress: silent });
  const short = (places: readonly Place[]) =>
    places.map(({ outcome: { trial, step, value } }) => ({ trial, step, value }));
  expect(short(told)).toEqual(short(placesOf(sweep, run)));
  const none = tell(sweep.search, journal, shop, { trial: 99, rung: 0, value: 1 });
  await expect(none).rejects.toThrow('there is no open job of trial 99, rung 0');
});

const silent: Progress = { update: () => {}, line: () => {}, clear: () => {} };

async function callProgram({ program }: Workshop, args: readonly string[]): Promise<string> {
  const [command, ...first] = program.command;
  return (await exec(command, [...first, ...args])).stdout;
}
