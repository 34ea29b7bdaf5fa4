// What the laptop of the page starts from, made here so that the page need not: the image of its RAM,
// v86 with its processor, and what its page has to know. The same bytes as `npm run emu:train -- --no-story`
// has, but for the word that opens its frames, which is always the same here.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { wasmOf } from '../guest/machine_process.ts';
import { findLaptop } from '../guest/machines.ts';
import { multibootImage } from '../guest/multiboot.ts';
import { bootOf, TOKEN_BYTES } from '../guest/run.ts';
import type { TrainSettings } from '../program/train_options.ts';
import { guestJob } from '../runs/laptop.ts';
import { buildRunner, groupsOfRunners, type Runner } from '../runs/runners.ts';
import { sampleText } from '../stories/text.ts';
import type { Progress } from '../support/progress.ts';
import type { Group } from '../support/setup.ts';
import { laptopSettings } from '../training/commands.ts';
import { jobOf } from '../training/train.ts';
import type { LaptopKit } from './laptop_kit.ts';

const TOKEN = '5eed'.repeat(TOKEN_BYTES / 2);

// The first row of emu/machines.json, which emu:train takes.
function laptopRunner(): Runner {
  const machine = findLaptop();
  return { name: machine.name, target: machine.build, machine: machine.name };
}

// What the laptop of the page trains.
export interface LaptopTraining {
  steps: number;
  /** Path of the text. */
  text: string;
}

const usual: LaptopTraining = { steps: laptopSettings.steps, text: sampleText };

// What has to be set up for it.
export function groupsOfLaptop(): Group[] {
  return groupsOfRunners([laptopRunner()]);
}

// Writes laptop.json, boot.bin and v86.wasm into a folder.
export async function makeLaptopKit(
  folder: string,
  progress: Progress,
  { steps, text }: LaptopTraining = usual,
): Promise<void> {
  const onStep = (target: string, step: string) =>
    progress.update(`building: ${target} ${step}`, 'building');
  const machine = findLaptop();
  const runner = await buildRunner(laptopRunner(), { onStep });
  const settings: TrainSettings = { ...laptopSettings, steps, seed: 1 };
  const job = jobOf({ ...runner, machine }, { settings, text, keepCheckpoint: true, story: false });
  const guest = guestJob(machine, job);
  const boot = await bootOf(guest, TOKEN);
  const { context, batch } = laptopSettings;
  const kit: LaptopKit = {
    ...{ title: machine.title, ramBytes: boot.ramBytes, mips: machine.mips, token: TOKEN },
    ...{ commands: job.commands.length, outputs: guest.outputs, steps },
    tokensOfStep: batch * context,
  };
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'boot.bin'), multibootImage(boot));
  await writeFile(path.join(folder, 'v86.wasm'), await wasmOf(machine.cpu));
  await writeFile(path.join(folder, 'laptop.json'), `${JSON.stringify(kit)}\n`);
}
