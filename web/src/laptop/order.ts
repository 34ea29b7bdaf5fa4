// What a person chose for the laptop, and whether it fits; then the boot and the job that come of it, by
// the functions that `npm run emu:train` uses. Knows no element of the page.

import { EngineError } from '../../../ts/engine/engine.ts';
import { initramfs } from '../../../ts/guest/initramfs.ts';
import { type Machine, mostFree } from '../../../ts/guest/machine.ts';
import type { BootParts } from '../../../ts/guest/multiboot.ts';
import type { Preset, TrainSettings } from '../../../ts/program/train_options.ts';
import { kilobytes } from '../../../ts/support/sizes.ts';
import { FILES, laptopSettings, TEXT, trainingCommands } from '../../../ts/training/commands.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import { EMU_TRAIN } from '../model/emu_train.ts';
import type { TrainOrder } from '../model/protocol.ts';

/** What is to be trained, where, on what. */
export interface Choice {
  machine: Machine;
  text: { name: string; bytes: Uint8Array };
  /** Without one the shape of `npm run emu:train`. */
  preset: Preset | undefined;
  steps: number;
}

/** What a laptop starts from beside its text. */
export interface Parts {
  kernel: Uint8Array;
  init: Uint8Array;
  program: Uint8Array;
}

const MB = 1024 * 1024;
// What the kernel, unpacked, and its tables need while they unpack the rest.
const KERNEL_BYTES = 4 * MB;

/** Paths inside of what comes out. */
export const CHECKPOINT = `/${FILES.checkpoint}`;
export const SAMPLE = `/${FILES.sample}`;

// The same training as the library plans it, which tells its memory. A preset has counts of its own.
export function planOf({ text, preset, steps }: Choice): TrainOrder {
  const { bytes, name } = text;
  const shape = preset === undefined ? EMU_TRAIN : { ...EMU_TRAIN, preset, counts: -1 };
  return { ...shape, text: bytes, name, steps };
}

// Refuses in one line a text that has no place in the RAM while the kernel unpacks it, when it lies there
// twice.
export function checkTextFits({ machine, text }: Pick<Choice, 'machine' | 'text'>): void {
  const most = Math.floor((machine.ramMb * MB - KERNEL_BYTES) / 2);
  if (text.bytes.length <= most) return;
  throw new EngineError(
    `${text.name} has ${kilobytes(text.bytes.length)}, and ${machine.name} takes a text of at most ${kilobytes(most)}; choose a machine with more memory or a shorter text`,
  );
}

// Refuses in one line a training whose planned memory the machine can never have free. What lies between
// that and what is free in truth is refused by the program itself, in the laptop.
export function checkMemoryFits({ machine, text }: Choice, planned: number): void {
  const most = mostFree(machine, text.bytes.length);
  if (planned <= most) return;
  throw new EngineError(
    `the training needs ${kilobytes(planned)}, and ${machine.name} has at most ${kilobytes(most)} for it; choose a smaller size or a machine with more memory`,
  );
}

// The command line that carries out the same, for people.
export function commandOf({ machine, preset, steps }: Choice, isStories: boolean): string {
  const words = ['npm run emu:train -- --no-story', `--machine ${machine.name}`];
  if (!isStories) words.push('--text FILE');
  if (preset !== undefined) words.push(`--preset ${preset}`);
  return [...words, `--steps ${steps}`].join(' ');
}

/** What is carried out, and what is asked for in the end. */
export interface LaptopJob {
  commands: readonly (readonly string[])[];
  /** Paths inside. */
  outputs: readonly string[];
}

export function jobOf({ preset, steps }: Choice): LaptopJob {
  const shape = preset === undefined ? laptopSettings : { preset };
  const settings: TrainSettings = { ...shape, steps, seed: EMU_TRAIN.seed };
  const { commands, outputs } = trainingCommands(settings, true);
  return { commands, outputs: outputs.map((name) => `/${name}`) };
}

// What the machine starts from.
export function bootOf(kit: LaptopKit, choice: Choice, parts: Parts): BootParts {
  const { machine, text } = choice;
  const { kernel, ...programs } = parts;
  const { commandLine, programInside, token } = kit;
  const inputs = { [`/${TEXT}`]: text.bytes };
  return {
    ...{ kernel, commandLine, ramBytes: machine.ramMb * MB },
    initramfs: initramfs({ ...programs, ...jobOf(choice), programInside, token, inputs }),
  };
}
