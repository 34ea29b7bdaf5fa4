// `npm run emu:train`: trains inside an emulated Pentium II or III laptop, shows it live, brings
// the checkpoint out, and proves by SHA-256 that a native build makes the same bits.
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { checkOutputs, isStandardOutput, placeOf } from '../../scripts/output.mjs';
import { findTarget, groupsOfTargets, type Target } from '../build/targets.ts';
import { findLaptop, loadLaptops, type Machine } from '../guest/machines.ts';
import { checkShape, type TrainSettings } from '../program/train_options.ts';
import type { BuiltRunner } from '../runs/job.ts';
import { buildRunner, groupsOfRunners } from '../runs/runners.ts';
import { sampleText, textFile } from '../stories/text.ts';
import { wholeNumber } from '../support/arguments.ts';
import { UserError } from '../support/errors.ts';
import { writeFileAtomic } from '../support/files.ts';
import { displayPath, imagesDir } from '../support/paths.ts';
import { createProgress, type Progress } from '../support/progress.ts';
import { provide } from '../support/setup.ts';
import { laptopSettings } from '../training/commands.ts';
import { checkPlanFits } from '../training/plan.ts';
import { compareRuns, summaryJson, summaryText } from '../training/report.ts';
import {
  type TrainedFiles,
  type Training,
  trainInLaptop,
  trainNatively,
} from '../training/train.ts';
import { addTrainOptions, withDefaults } from './train_options.ts';

// The options of the command.
export interface EmuTrainOptions extends TrainSettings {
  machine?: string;
  ram?: number;
  build?: 'p2' | 'p3';
  text: string;
  out?: string;
  memoryClaim?: string;
  compareWith: string;
  json?: boolean;
  listMachines?: boolean;
  /** False with --no-checkpoint. */
  checkpoint?: boolean;
  /** True with --story, false with --no-story. */
  story?: boolean;
  /** Write over what is there. */
  force?: boolean;
}

// Adds the command to the program.
export function registerEmuTrain(program: Command): void {
  const command = program
    .command('emu-train')
    .description('train inside an emulated laptop and compare the result with a native build')
    .option('--machine <name>', 'the laptop, a row of emu/machines.json (default: the first)')
    .option('--ram <mb>', 'RAM of the laptop in MB, instead of what its row says', wholeNumber)
    .addOption(
      new Option('--build <name>', "the build to run (default: the laptop's own)").choices([
        'p2',
        'p3',
      ]),
    )
    .option('--text <file>', 'text to train on', sampleText)
    .option('--out <file>', 'where the checkpoint goes (default: images/run/<laptop>/model.ckpt)')
    .option(
      '--memory-claim <size>',
      'memory that the program is told it may use, such as "64MB"; if it is more than there is, ' +
        'the program may be killed',
      memorySize,
    )
    .option('--compare-with <target>', 'the native build that must make the same bits', 'host')
    .option('--no-checkpoint', 'keep only the log, for a model whose checkpoint would not fit')
    .option(
      '--story',
      'let the bundled model tell a story in the laptop afterwards (default: after a training on\n' +
        'the bundled stories whose checkpoint is kept)',
    )
    .option('--no-story', 'do not')
    .option('--force', 'write over a checkpoint, a log or a text that is there')
    .option('--json', 'print the summary as one JSON object')
    .option('--list-machines', 'list the laptops and exit');
  addTrainOptions(command, laptopSettings).action(async (options: EmuTrainOptions) => {
    if (options.listMachines) console.log(machineList(loadLaptops()));
    else await emuTrain(withDefaults(options, laptopSettings));
  });
}

// Trains in both places, prints the summary, and throws when the bits differ.
export async function emuTrain(
  options: EmuTrainOptions,
  print: (text: string) => void = console.log,
  progress: Progress = createProgress(),
): Promise<void> {
  const plan = await checkOptions(options);
  try {
    const run = await buildBoth(plan, options, progress);
    const { machine, build, training, out } = plan;
    progress.line(`${machine.name}: ${machine.title} (emulated), build ${build}`);
    const laptop = await trainInLaptop(run.inside, training, progress, options.memoryClaim);
    await keepFiles(out, laptop.files);
    progress.update('the same training on this host', 'host');
    const host = await trainNatively(run.native, training);
    progress.clear();
    const comparison = compareRuns(laptop, host);
    const saved = displayPath(Object.values(out)[0] ?? '');
    const report = { machine, build, laptop, host, comparison, saved };
    print(options.json ? JSON.stringify(summaryJson(report)) : summaryText(report));
    const differing = comparison.filter(({ equal }) => !equal).map(({ name }) => name);
    if (differing.length > 0) throw differs(machine, differing);
  } finally {
    progress.clear();
  }
}

// What the options come to.
interface EmuPlan {
  machine: Machine;
  build: 'p2' | 'p3';
  /** The native build to compare with. */
  target: Target;
  training: Training;
  /** Where the files go that are kept, the first one as the summary names it. */
  out: Partial<Record<keyof TrainedFiles, string>>;
}

// Refuses all that can be known to be wrong before anything is installed or built.
async function checkOptions(options: EmuTrainOptions): Promise<EmuPlan> {
  const machine = findLaptop(options.machine, options.ram);
  const build = fittingBuild(machine, options.build);
  const target = nativeTarget(options.compareWith);
  checkShape(options);
  const text = await textFile(options.text);
  const keepCheckpoint = options.checkpoint ?? true;
  // A text of one's own is not followed by a tale of something else, nor is memory taken for it.
  const story = options.story ?? (keepCheckpoint && text === path.resolve(sampleText));
  const training = { settings: options, text, keepCheckpoint, story };
  const out = await placesOf(options, machine, training);
  return { machine, build, target, training, out };
}

// The checkpoint goes where --out says, log and sample beside it; beside a device or a pipe goes
// nothing.
async function placesOf(
  { out, force = false }: EmuTrainOptions,
  machine: Machine,
  { keepCheckpoint, text }: Training,
): Promise<EmuPlan['out']> {
  const file = path.resolve(out ?? path.join(imagesDir, 'run', machine.name, 'model.ckpt'));
  const option = '--out';
  const asked = { option, force: force || out === undefined };
  const log = { ...asked, path: beside(file, '.log'), beside: true };
  const sample = { ...asked, path: beside(file, '.txt'), beside: true };
  const checkpoint = { ...asked, path: file };
  const alone = (await placeOf(file).catch(() => undefined))?.kind === 'stream';
  if (await isStandardOutput(file)) throw isTaken(file);
  const withoutCheckpoint = { log: alone ? checkpoint : log };
  const withCheckpoint = alone ? { checkpoint } : { checkpoint, log, sample };
  const files = keepCheckpoint ? withCheckpoint : withoutCheckpoint;
  await checkOutputs(Object.values(files), [{ path: text, option: '--text' }]);
  return Object.fromEntries(Object.entries(files).map(([name, { path }]) => [name, path]));
}

function isTaken(file: string): UserError {
  return new UserError(`--out ${file} is standard output, where the summary goes`, {
    hint: 'Give --out a file.',
    exitCode: 2,
  });
}

// Builds what trains natively, which also knows the plan; only then what the laptop needs.
async function buildBoth(
  { machine, build, target, training }: EmuPlan,
  { memoryClaim }: EmuTrainOptions,
  progress: Progress,
): Promise<{ native: BuiltRunner; inside: BuiltRunner & { machine: Machine } }> {
  const onStep = (name: string, step: string) => progress.update(`building ${name}: ${step}`, name);
  await provide(groupsOfTargets([target]));
  const native = await buildRunner({ name: target.name, target: target.name }, { onStep });
  if (memoryClaim === undefined) await checkPlanFits(machine, { ...training, runner: native });
  const laptop = { name: machine.name, target: build, machine: machine.name };
  await provide(groupsOfRunners([laptop]));
  const inside = await buildRunner({ name: machine.name, target: build }, { onStep });
  return { native, inside: { ...inside, machine } };
}

async function keepFiles(out: EmuPlan['out'], files: TrainedFiles): Promise<void> {
  for (const name of ['checkpoint', 'log', 'sample'] as const) {
    const [file, data] = [out[name], files[name]];
    if (file !== undefined && data) await writeFileAtomic(file, data);
  }
}

function nativeTarget(name: string): Target {
  const target = findTarget(name);
  if (target.level === 'native') return target;
  throw new UserError(`--compare-with ${name} is not a native build`, {
    hint: 'Use host or host-sse here; legacy-llm parity compares all builds.',
    exitCode: 2,
  });
}

function fittingBuild(machine: Machine, wanted: 'p2' | 'p3' | undefined): 'p2' | 'p3' {
  if (wanted === 'p3' && machine.build === 'p2') {
    throw new UserError(`${machine.name} has no SSE: it cannot run the p3 build`, {
      hint: 'Use --build p2, or a machine of --list-machines with build p3.',
      exitCode: 2,
    });
  }
  return wanted ?? machine.build;
}

// The same place and name with another ending.
function beside(file: string, ending: string): string {
  return path.join(path.dirname(file), path.basename(file, path.extname(file)) + ending);
}

function memorySize(text: string): string {
  if (/^\d+(KB|MB|GB)?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a size in bytes, or with KB, MB or GB, such as 64MB.');
}

function machineList(machines: readonly Machine[]): string {
  const width = Math.max(...machines.map(({ name }) => name.length));
  return machines
    .map(({ name, title, build }) => `${name.padEnd(width)}  ${title}, build ${build}`)
    .join('\n');
}

function differs(machine: Machine, names: readonly string[]): UserError {
  return new UserError(`${machine.name} and this host made different bits: ${names.join(', ')}`, {
    hint: 'legacy-llm parity names the first step and value that differ.',
  });
}
