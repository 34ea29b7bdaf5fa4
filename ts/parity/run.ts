// Runs a scenario on one runner and brings back the evidence.
import { run } from '../runs/run.ts';
import { buildRunner, type Runner } from '../runs/runners.ts';
import {
  commandsOf,
  type Evidence,
  evidenceFiles,
  evidenceOf,
  filesNamed,
  type Scenario,
  TEXT,
} from './scenario.ts';

// What a runner left behind.
export interface Outcome {
  runner: Runner;
  evidence: Evidence;
  hostSeconds: number;
}

// Builds what the runner needs, runs the scenario there, and gives what it left behind.
export async function runScenario(runner: Runner, scenario: Scenario): Promise<Outcome> {
  const names = filesNamed('model');
  const files = evidenceFiles(scenario, names);
  const result = await run({
    runner: await buildRunner(runner),
    commands: commandsOf(scenario, names),
    inputs: { [TEXT]: scenario.text },
    outputs: files.map(([, file]) => file),
  });
  const evaluation = Buffer.from(result.commands[1].stdout);
  const evidence = { evaluation, ...evidenceOf(result, files) };
  return { runner, evidence, hostSeconds: result.hostSeconds };
}
