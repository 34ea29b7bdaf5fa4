// `npm run emu:strict`: the Pentium II and III builds on machines that refuse what their processor
// lacks: Bochs, which v86 is not.
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { requirementFor } from '../../scripts/requirements.mjs';
import type { Scenario } from '../parity/scenario.ts';
import { limits } from '../program/train_options.ts';
import { chooseRunners, groupsOfRunners } from '../runs/runners.ts';
import { sampleText } from '../stories/text.ts';
import {
  checkStrict,
  faultsOf,
  type MachineProbes,
  type StrictResult,
  strictRunners,
  witnessRunners,
} from '../strict/strict.ts';
import { numberIn } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { createProgress, formatSeconds } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import { parityText } from './parity.ts';

interface StrictOptions {
  steps: number;
}

// What Bochs does in a minute. The sizes are multiples of little, so that the ends of rows, which
// the kernels handle by themselves, count too.
const SHAPE = { layers: 2, heads: 2, dim: 36, context: 19, batch: 3, counts: '16KB', order: 3 };
const STEPS = 10;
const SEED = 7;
const TEXT_BYTES = 40_000;
const STORY_TOKENS = 40;

const WITNESS = 'qemu-system-i386';

// Adds the command to the program.
export function registerEmuStrict(program: Command): void {
  program
    .command('emu-strict')
    .description(
      'train in Bochs, whose Pentium II and III refuse the instructions that those lack,\n' +
        'and compare the result with a native build; probes show that they do refuse',
    )
    .option('--steps <n>', 'training steps', numberIn(limits.steps), STEPS)
    .action(emuStrict);
}

async function emuStrict({ steps }: StrictOptions): Promise<void> {
  await provide(groupsOfRunners(chooseRunners(strictRunners)));
  const started = performance.now();
  const progress = createProgress();
  const witness = requirementFor(WITNESS)?.row.find() !== undefined;
  try {
    const scenario = await scenarioOf(steps);
    const result = await checkStrict(scenario, witness ? witnessRunners : [], progress);
    progress.clear();
    console.log(strictText(result));
    if (!witness) console.log(notRun());
    const faults = faultsOf(result);
    if (faults.length > 0) throw doesNotHold(faults);
    const seconds = (performance.now() - started) / 1000;
    console.log(`the gate holds; all of it took ${formatSeconds(seconds)} (host)`);
  } finally {
    progress.clear();
  }
}

function doesNotHold(faults: readonly string[]): UserError {
  return new UserError('the strict gate does not hold', { hint: faults.join('\n') });
}

async function scenarioOf(steps: number): Promise<Scenario> {
  const text = (await readFile(sampleText)).subarray(0, TEXT_BYTES);
  return { settings: { ...SHAPE, seed: SEED, steps }, text, tokens: STORY_TOKENS };
}

// All that was shown, for people.
export function strictText(result: StrictResult): string {
  const { probes, refusal, replaced, parity } = result;
  const { replaced: count, instructions } = replaced;
  const whole = (value: number) => value.toLocaleString('en');
  return [
    ...probes.flatMap(probesText),
    '',
    `the p3 build on ${refusal.machine}: exit code ${refusal.exitCode}, "${refusal.said.trim()}"`,
    `p3-bochs is p3 with ${count} of ${whole(instructions)} instructions replaced, all others equal`,
    '',
    parityText(parity),
  ].join('\n');
}

function probesText({ machine, probes }: MachineProbes): string[] {
  const width = Math.max(...probes.map(({ instruction }) => instruction.length));
  const lines = probes.map(({ instruction, came, has, verdict }) => {
    const what = has ? 'has it' : 'lacks it';
    const mark = verdict === 'right' ? '' : `: ${verdict.toUpperCase()}`;
    return `  ${instruction.padEnd(width)}  ${came.padEnd(8)} (the processor ${what})${mark}`;
  });
  return [`${machine.name}: ${machine.title}`, ...lines];
}

function notRun(): string {
  const names = witnessRunners.join(', ');
  return `${names}: not run here: ${requirementFor(WITNESS)?.howToGet}`;
}
