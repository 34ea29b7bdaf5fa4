// Runs a scenario on one runner and brings back the evidence.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import { findMachine } from '../guest/machines.ts';
import { runGuest } from '../guest/run.ts';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import type { Runner } from './runners.ts';
import { commandsOf, type Evidence, filesOf, placesIn, type Scenario } from './scenario.ts';

export interface Outcome {
  runner: Runner;
  evidence: Evidence;
  hostSeconds: number;
}

const INSIDE_TEXT = '/in/text.txt';
const INSIDE_OUT = '/out';

// Builds what the runner needs, runs the scenario there, and gives what it left behind.
export async function runScenario(runner: Runner, scenario: Scenario): Promise<Outcome> {
  const target = findTarget(runner.target);
  const { program } = await buildTarget(target);
  const started = performance.now();
  const evidence = runner.machine
    ? await runInLaptop(runner, runner.machine, program, scenario)
    : await runHere(
        runner,
        target.run === 'node' ? [process.execPath, program] : [program],
        scenario,
      );
  return { runner, evidence, hostSeconds: (performance.now() - started) / 1000 };
}

async function runHere(
  runner: Runner,
  [command = '', ...first]: readonly string[],
  scenario: Scenario,
): Promise<Evidence> {
  const folder = await mkdtemp(path.join(tmpdir(), 'legacy-llm-parity-'));
  try {
    const places = placesIn(folder, path.resolve(scenario.text));
    const outputs: string[] = [];
    for (const args of commandsOf(scenario, places)) {
      const what = `${runner.name}: ${args[0]}`;
      outputs.push((await exec(command, [...first, ...args], { what })).stdout);
    }
    const evidence: Evidence = { evaluation: Buffer.from(outputs[1] ?? '') };
    for (const [name, file] of Object.entries(filesOf(scenario, places))) {
      evidence[name as keyof Evidence] = await readFile(file);
    }
    return evidence;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runInLaptop(
  runner: Runner,
  machine: string,
  program: string,
  scenario: Scenario,
): Promise<Evidence> {
  const places = placesIn(INSIDE_OUT, INSIDE_TEXT);
  const [args = [], ...commands] = commandsOf(scenario, places);
  const files = filesOf(scenario, places);
  const guest = await runGuest({
    machine: findMachine(machine),
    program,
    args,
    commands,
    inputs: { [INSIDE_TEXT]: path.resolve(scenario.text) },
    outputs: Object.values(files),
  });
  for (const run of guest.runs) {
    if (run.exitCode === 0) continue;
    const how = run.signal === null ? `exit code ${run.exitCode}` : `signal ${run.signal}`;
    throw new UserError(`${runner.name}: the program failed inside the laptop (${how})`, {
      hint: run.stderr.trim(),
    });
  }
  const evidence: Evidence = { evaluation: Buffer.from(guest.runs[1]?.stdout ?? '') };
  for (const [name, file] of Object.entries(files)) {
    const data = guest.outputs.get(file);
    if (!data) throw new UserError(`${runner.name}: ${file} did not come out of the laptop`);
    evidence[name as keyof Evidence] = data;
  }
  return evidence;
}
