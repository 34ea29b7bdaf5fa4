// One training in two places: inside an emulated laptop and natively. Same options, same files. Then the
// bundled model may tell a story there, which shows what a small model can become.
import { bundledModel } from '../bundled/bundled.ts';
import { storyCommand } from '../program/command_lines.ts';
import { type EndEvent, lastEvent, type PlanEvent } from '../program/events.ts';
import type { TrainSettings } from '../program/train_options.ts';
import { checkSucceeded } from '../runs/failure.ts';
import {
  type BuiltRunner,
  type CommandResult,
  fileOf,
  type Job,
  type JobResult,
  type LaptopFacts,
} from '../runs/job.ts';
import { runAny } from '../runs/run.ts';
import { UserError } from '../support/errors.ts';
import type { Progress } from '../support/progress.ts';
import { FILES, TEXT, trainingCommands } from './commands.ts';
import { LiveTraining } from './live.ts';

// What is trained on what.
export interface Training {
  settings: TrainSettings;
  /** Path of the text. */
  text: string;
  /** Without one there is no sample either: for models that leave the laptop no room for a file. */
  keepCheckpoint: boolean;
  /** Whether the bundled model tells a story afterwards, in the same place. */
  story: boolean;
}

// What a training leaves behind, compared byte by byte.
export interface TrainedFiles {
  log: Buffer;
  checkpoint?: Buffer;
  sample?: Buffer;
}

// What came of a training in one place.
export interface TrainedRun {
  files: TrainedFiles;
  /** What the program planned, there. */
  plan: PlanEvent;
  end: EndEvent;
  train: CommandResult;
  /** What the bundled model told, or why it could not; undefined where it was not asked to. */
  story?: CommandResult;
  /** Of the whole run, by the host's clock. */
  hostSeconds: number;
}

// The same of a laptop, with what it said of itself.
export interface LaptopRun extends TrainedRun {
  facts: LaptopFacts;
}

const MODEL = 'stories.llm';

// The training, then a sample, then the story; `claim` is what the program is told that it may use.
export function jobOf(runner: BuiltRunner, training: Training, claim?: string): Job {
  const { settings, text, keepCheckpoint, story } = training;
  const { commands, outputs } = trainingCommands(settings, keepCheckpoint, claim);
  return {
    runner,
    commands: [...commands, ...(story ? [storyCommand(MODEL)] : [])],
    inputs: { [TEXT]: text, ...(story && { [MODEL]: bundledModel }) },
    outputs,
    ...(claim !== undefined && { memoryClaim: claim }),
  };
}

// Trains natively.
export async function trainNatively(runner: BuiltRunner, training: Training): Promise<TrainedRun> {
  return trainedRun(await runTraining(jobOf(runner, training), training), training);
}

// Trains in one boot of a laptop and shows it live. A claim is what the program is told that it may
// use; by default it asks its own kernel.
export async function trainInLaptop(
  runner: BuiltRunner,
  training: Training,
  progress: Progress,
  claim?: string,
): Promise<LaptopRun> {
  const live = new LiveTraining();
  const job: Job = {
    ...jobOf(runner, training, claim),
    onPhase: (phase) => progress.update(phase, phaseKey(phase)),
    onStdout: (line) => {
      const now = live.read(line);
      if (now?.kind === 'line') progress.line(now.text);
      else if (now) progress.update(now.text, now.key);
    },
  };
  const result = await runTraining(job, training);
  const { laptop: facts } = result;
  if (!facts) throw new Error(`${runner.name} is no laptop`);
  return { ...trainedRun(result, training), facts };
}

// Runs a job, all of which must succeed but the story: a laptop may have no memory for that model.
async function runTraining(job: Job, { story }: Training): Promise<JobResult> {
  const result = await runAny(job);
  const own = result.commands.slice(0, story ? job.commands.length - 1 : undefined);
  checkSucceeded(job, { ...result, commands: own });
  return result;
}

// In a pipe a counting phase gets a line every hundred.
function phaseKey(phase: string): string {
  return phase.replace(/\d{1,2}\b/, '');
}

function trainedRun(result: JobResult, { keepCheckpoint, story }: Training): TrainedRun {
  const [train] = result.commands;
  const plan = train && lastEvent(train.stdout, 'plan');
  const end = train && lastEvent(train.stdout, 'end');
  if (!plan || !end) throw new UserError('the training printed no "plan" or no "end" line');
  const log = fileOf(result, FILES.log);
  const told = story ? result.commands.at(-1) : undefined;
  const made = { plan, end, train, hostSeconds: result.hostSeconds, ...(told && { story: told }) };
  if (!keepCheckpoint) return { ...made, files: { log } };
  const checkpoint = fileOf(result, FILES.checkpoint);
  return { ...made, files: { log, checkpoint, sample: fileOf(result, FILES.sample) } };
}
