// `npm run emu:strict`: the Pentium II and III builds on machines that refuse what their processor
// lacks: Bochs, which v86 is not.
import type { Command } from 'commander';
import { requirementFor } from '../../scripts/requirements.mjs';
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

// So small that Bochs trains it in a minute.
const SHAPE = { layers: 1, heads: 2, dim: 20, context: 16, batch: 2, counts: '16KB', order: 3 };
const STEPS = 3;
const STORY_TOKENS = 40;
const SEED = 7;

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
  const scenario = {
    settings: { ...SHAPE, seed: SEED, steps },
    text: sampleText,
    tokens: STORY_TOKENS,
  };
  try {
    const result = await checkStrict(scenario, witness ? witnessRunners : [], (text) =>
      progress.line(text),
    );
    progress.clear();
    console.log(strictText(result));
    if (!witness) console.log(notRun());
    const faults = faultsOf(result);
    if (faults.length > 0)
      throw new UserError('the strict gate does not hold', { hint: faults.join('\n') });
    console.log(
      `the gate holds; all of it took ${formatSeconds((performance.now() - started) / 1000)} (host)`,
    );
  } finally {
    progress.clear();
  }
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
