// What runs on this machine: every build in turn, round by round, so that a busy moment of the
// machine hits all of them alike. Nothing else of the report runs meanwhile.
import { differingEvidence } from '../parity/compare.ts';
import { type Evidence, evidenceFiles, evidenceOf, filesNamed, TEXT } from '../parity/scenario.ts';
import { type BenchOutput, parseBench } from '../program/bench_rows.ts';
import { exportCommand } from '../program/command_lines.ts';
import { type BuiltRunner, fileOf } from '../runs/job.ts';
import { run, runCommand } from '../runs/run.ts';
import { UserError } from '../support/errors.ts';
import { STARTUP_COMMAND, scenarioCommands } from './commands.ts';
import type { TimedRuns } from './data.ts';
import type { ReportSettings } from './scenario.ts';

// What a program left, and how long it took.
export interface HereResult {
  name: string;
  evidence: Evidence;
  /** What the first training printed. */
  output: string;
  timed: TimedRuns;
}

// Why a program cannot be started here, or undefined.
export async function whyNot(program: BuiltRunner): Promise<string | undefined> {
  try {
    await runCommand(program, STARTUP_COMMAND);
    return undefined;
  } catch (error) {
    if (error instanceof UserError && error.exitCode < 128) return error.message;
    throw error;
  }
}

// Does one run of a program; gives nothing when it failed, and the program gets no further run.
export type Attempt = (
  program: BuiltRunner,
  round: number,
  run: () => Promise<HereResult>,
) => Promise<HereResult | undefined>;

// Runs the scenario on each program as often as the settings say; gives those that never failed.
export async function timePrograms(
  programs: readonly BuiltRunner[],
  settings: ReportSettings,
  attempt: Attempt,
): Promise<Map<string, HereResult>> {
  const results = new Map<string, HereResult>();
  const left = new Set(programs);
  for (let round = 1; round <= settings.runs; round++) {
    for (const program of left) {
      const before = results.get(program.name);
      const result = await attempt(program, round, async () => {
        const result = await runOnce(program, settings);
        return before ? joined(before, result) : result;
      });
      if (result) results.set(program.name, result);
      else if (left.delete(program)) results.delete(program.name);
    }
  }
  return results;
}

// The scenario on one program, once.
export async function runOnce(program: BuiltRunner, settings: ReportSettings): Promise<HereResult> {
  const names = filesNamed('model');
  const files = evidenceFiles({}, names);
  const { train, generate } = scenarioCommands(settings, names);
  const result = await run({
    runner: program,
    commands: [STARTUP_COMMAND, train, generate],
    inputs: { [TEXT]: settings.text },
    outputs: files.map(([, file]) => file),
  });
  const [started, trained, generated] = result.commands;
  const timed = {
    startup: [started.seconds],
    train: [trained.seconds],
    generate: [generated.seconds],
  };
  const evidence = evidenceOf(result, files);
  return { name: program.name, evidence, output: trained.stdout, timed };
}

// Times add up; bits must be the same each time.
function joined(before: HereResult, again: HereResult): HereResult {
  const differing = differingEvidence(before.evidence, again.evidence);
  if (differing.length > 0) {
    throw new UserError(`${again.name} made other bits when it ran again: ${differing.join(', ')}`);
  }
  const both = (name: keyof TimedRuns) => [...before.timed[name], ...again.timed[name]];
  const timed = { startup: both('startup'), train: both('train'), generate: both('generate') };
  return { ...before, timed };
}

// The bench of one program.
export async function benchProgram(program: BuiltRunner, args: string[]): Promise<BenchOutput> {
  const { stdout } = await runCommand(program, ['bench', '--json', ...args]);
  const output = parseBench(stdout);
  if (output.rows.length > 0) return output;
  throw new UserError(`${program.name}: bench printed no rows`);
}

// The size of the model alone, packed, made of a checkpoint.
export async function exportedBytes(program: BuiltRunner, checkpoint: Buffer): Promise<number> {
  const [from, to] = ['model.ckpt', 'model.llm'];
  const result = await run({
    runner: program,
    commands: [exportCommand(from, to)],
    inputs: { [from]: checkpoint },
    outputs: [to],
  });
  return fileOf(result, to).length;
}
