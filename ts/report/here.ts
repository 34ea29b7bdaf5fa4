// What runs on this machine: every build in turn, round by round, so that a busy moment of the
// machine hits all of them alike. Nothing else of the report runs meanwhile.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { differingEvidence } from '../parity/compare.ts';
import type { Evidence } from '../parity/scenario.ts';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import { type BenchOutput, parseBench } from './bench.ts';
import { resultFiles, resultPlaces, STARTUP_COMMAND, scenarioCommands } from './commands.ts';
import type { TimedRuns } from './data.ts';
import type { ReportSettings } from './scenario.ts';

// A runner with what starts its program.
export interface Program {
  name: string;
  command: readonly [string, ...string[]];
}

export interface HereResult {
  name: string;
  evidence: Evidence;
  /** What the first training printed. */
  output: string;
  timed: TimedRuns;
}

// Why a program cannot be started here, or undefined.
export async function whyNot(program: Program): Promise<string | undefined> {
  try {
    await call(program, STARTUP_COMMAND);
    return undefined;
  } catch (error) {
    if (error instanceof UserError && error.exitCode < 128) return error.message;
    throw error;
  }
}

// Does one run of a program; gives nothing when it failed, and the program gets no further run.
export type Attempt = (
  program: Program,
  round: number,
  run: () => Promise<HereResult>,
) => Promise<HereResult | undefined>;

// Runs the scenario on each program as often as the settings say; gives those that never failed.
export async function timePrograms(
  programs: readonly Program[],
  settings: ReportSettings,
  attempt: Attempt,
): Promise<Map<string, HereResult>> {
  const results = new Map<string, HereResult>();
  const left = new Set(programs);
  for (let round = 1; round <= settings.runs; round++) {
    for (const program of left) {
      const before = results.get(program.name);
      const result = await attempt(program, round, async () => {
        const run = await runOnce(program, settings);
        return before ? joined(before, run) : run;
      });
      if (result) results.set(program.name, result);
      else if (left.delete(program)) results.delete(program.name);
    }
  }
  return results;
}

async function runOnce(program: Program, settings: ReportSettings): Promise<HereResult> {
  const folder = await mkdtemp(path.join(tmpdir(), 'legacy-llm-report-'));
  try {
    const places = resultPlaces(folder, settings.text);
    const commands = scenarioCommands(settings, places);
    const startup = await call(program, STARTUP_COMMAND);
    const train = await call(program, commands.train);
    const generate = await call(program, commands.generate);
    const evidence: Evidence = {};
    for (const [name, file] of resultFiles(places)) evidence[name] = await readFile(file);
    const timed = {
      startup: [startup.hostSeconds],
      train: [train.hostSeconds],
      generate: [generate.hostSeconds],
    };
    return { name: program.name, evidence, output: train.stdout, timed };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// Times add up; bits must be the same each time.
function joined(before: HereResult, run: HereResult): HereResult {
  const differing = differingEvidence(before.evidence, run.evidence);
  if (differing.length > 0) {
    throw new UserError(`${run.name} made other bits when it ran again: ${differing.join(', ')}`);
  }
  const both = (name: keyof TimedRuns) => [...before.timed[name], ...run.timed[name]];
  const timed = { startup: both('startup'), train: both('train'), generate: both('generate') };
  return { ...before, timed };
}

// The bench of one program.
export async function benchProgram(program: Program, shape: string[]): Promise<BenchOutput> {
  const { stdout } = await call(program, ['bench', '--json', ...shape]);
  const output = parseBench(stdout);
  if (output.rows.length > 0) return output;
  throw new UserError(`${program.name}: bench printed no rows`);
}

// The size of the model alone, packed, made of a checkpoint.
export async function exportedBytes(program: Program, checkpoint: Buffer): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'legacy-llm-report-'));
  try {
    const [from, to] = [path.join(folder, 'model.ckpt'), path.join(folder, 'model.llm')];
    await writeFile(from, checkpoint);
    await call(program, ['export', '--model', from, '--out', to]);
    return (await stat(to)).size;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function call({ name, command: [file, ...first] }: Program, args: readonly string[]) {
  return exec(file, [...first, ...args], { what: `${name}: ${args[0]}` });
}
