// One training in two places: inside the emulated laptop and natively. Same options, same files.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Machine } from '../guest/machines.ts';
import { type GuestResult, type GuestRun, runGuest } from '../guest/run.ts';
import { UserError } from '../support/errors.ts';
import { exec } from '../support/exec.ts';
import type { Progress } from '../support/progress.ts';
import { type EndEvent, lastEvent, type PlanEvent } from './events.ts';
import { LiveTraining } from './live.ts';
import { type TrainSettings, trainArgs } from './settings.ts';
import { freeMemory, kilobytes } from './sizes.ts';

export interface Training {
  program: string;
  settings: TrainSettings;
  text: string;
  progress: Progress;
  /** Without one there is no sample either: for models that leave the laptop no room for a file. */
  keepCheckpoint: boolean;
}

export interface LaptopTraining extends Training {
  /** What the program is told it may use; by default it asks its own kernel. */
  claim: string | undefined;
}

// What a training leaves behind, compared byte by byte.
export interface TrainedFiles {
  log: Buffer;
  checkpoint?: Buffer;
  sample?: Buffer;
}

export interface LaptopRun {
  files: TrainedFiles;
  /** What the program planned, inside. */
  plan: PlanEvent;
  end: EndEvent;
  train: GuestRun;
  guest: GuestResult;
}

export interface HostRun {
  files: TrainedFiles;
  end: EndEvent;
  hostSeconds: number;
}

const SAMPLE_TOKENS = 160;
const INSIDE = {
  text: '/in/text.txt',
  checkpoint: '/out/model.ckpt',
  log: '/out/model.log',
  sample: '/out/model.txt',
} as const;

interface Paths {
  text: string;
  checkpoint: string;
  log: string;
  sample: string;
}

type Job = Pick<Training, 'settings' | 'keepCheckpoint'>;

function trainCommand({ settings, keepCheckpoint }: Job, { text, checkpoint, log }: Paths) {
  const out = keepCheckpoint ? checkpoint : 'none';
  return ['train', '--text', text, '--out', out, '--log', log, ...trainArgs(settings)];
}

function sampleCommand({ seed }: TrainSettings, { checkpoint, sample }: Paths): string[] {
  const manner = [
    '--tokens',
    String(SAMPLE_TOKENS),
    '--temperature',
    '0.7',
    '--seed',
    String(seed),
  ];
  return ['generate', '--model', checkpoint, ...manner, '--out', sample];
}

// Trains and generates a sample in one boot; throws a UserError when the program failed inside.
export async function trainOnLaptop(
  machine: Machine,
  training: LaptopTraining,
): Promise<LaptopRun> {
  const { program, settings, text, progress, claim, keepCheckpoint } = training;
  const live = new LiveTraining();
  const args = [...trainCommand(training, INSIDE), '--json'];
  const guest = await runGuest({
    machine,
    program,
    args: claim === undefined ? args : [...args, '--ram', claim],
    grantAllMemory: claim !== undefined,
    commands: keepCheckpoint ? [sampleCommand(settings, INSIDE)] : [],
    inputs: { [INSIDE.text]: text },
    outputs: keepCheckpoint ? [INSIDE.checkpoint, INSIDE.log, INSIDE.sample] : [INSIDE.log],
    onPhase: (phase) => progress.update(phase, phaseKey(phase)),
    onStdout: (line) => {
      const now = live.read(line);
      if (now?.kind === 'line') progress.line(now.text);
      else if (now) progress.update(now.text, now.key);
    },
  });
  if (guest.killedForMemory) throw killedError(machine, guest, claim);
  for (const run of guest.runs) checkRun(machine, run);
  const train = guest.runs[0];
  const plan = train && lastEvent(train.stdout, 'plan');
  const end = train && lastEvent(train.stdout, 'end');
  if (!plan || !end) throw new UserError('the training printed no "plan" or no "end" line');
  return { files: guestFiles(guest, keepCheckpoint), plan, end, train, guest };
}

// In a pipe a counting phase gets a line every hundred.
function phaseKey(phase: string): string {
  return phase.replace(/\d{1,2}\b/, '');
}

function checkRun(machine: Machine, { exitCode, signal, stderr }: GuestRun): void {
  if (exitCode === 0) return;
  const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
  const refused = exitCode === 2;
  const what = refused ? 'refused to start' : `failed (${how})`;
  throw new UserError(`the program ${what} inside ${machine.name}`, {
    hint: stderr.trim(),
    exitCode: refused ? 2 : 1,
  });
}

function killedError(machine: Machine, guest: GuestResult, claim: string | undefined): UserError {
  const peak = Math.max(...guest.runs.map(({ maxRssKb }) => maxRssKb)) * 1024;
  const told = claim === undefined ? '' : `, and it was told that it may use ${claim}`;
  const log = guest.kernelLog.find((line) => line.includes('Out of memory: Killed'));
  return new UserError(
    `${machine.name} ran out of memory: its kernel killed the program at ${kilobytes(peak)}`,
    { hint: `${freeMemory(guest)}${told} (emulated)\nkernel: ${log ?? ''}` },
  );
}

function guestFiles({ outputs, missing }: GuestResult, keepCheckpoint: boolean): TrainedFiles {
  const file = (inside: string): Buffer => {
    const data = outputs.get(inside);
    if (data) return data;
    throw new UserError(`${inside} did not come out of the laptop: ${missing.get(inside)}`);
  };
  const log = file(INSIDE.log);
  if (!keepCheckpoint) return { log };
  return { log, checkpoint: file(INSIDE.checkpoint), sample: file(INSIDE.sample) };
}

// The same training and sample by the native program, in a temporary folder.
export async function trainOnHost(training: Training): Promise<HostRun> {
  const { program, settings, text, progress, keepCheckpoint } = training;
  const folder = await mkdtemp(path.join(tmpdir(), 'legacy-llm-host-'));
  const inside = (name: string) => path.join(folder, name);
  const paths = {
    text,
    checkpoint: inside('m.ckpt'),
    log: inside('m.log'),
    sample: inside('m.txt'),
  };
  try {
    progress.update('the same training on this host', 'host');
    const args = [...trainCommand(training, paths), '--json'];
    const trained = await exec(program, args, { what: 'the native training' });
    const end = lastEvent(trained.stdout, 'end');
    if (!end) throw new UserError('the native training ended without its "end" line');
    const run = { end, hostSeconds: trained.hostSeconds };
    const log = await readFile(paths.log);
    if (!keepCheckpoint) return { ...run, files: { log } };
    await exec(program, sampleCommand(settings, paths), { what: 'the native sample' });
    const [checkpoint, sample] = [await readFile(paths.checkpoint), await readFile(paths.sample)];
    return { ...run, files: { log, checkpoint, sample } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
