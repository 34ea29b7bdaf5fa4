// What the page and the Worker that is a laptop say to each other.
import type { MachineMessage } from '../../../ts/guest/machine_message.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import type { Choice, Parts } from './order.ts';
import type { Use } from './use.ts';

interface On {
  /** v86.wasm as its package has it. */
  wasm: Uint8Array;
  kit: LaptopKit;
}

export interface LaptopTrain extends On {
  type: 'train';
  choice: Choice;
  parts: Parts;
}

export interface LaptopUse extends On {
  type: 'use';
  use: Use;
}

export type ToLaptop =
  | LaptopTrain
  | LaptopUse
  | { type: 'pause' }
  | { type: 'go on' }
  /** Typed at the console of one that is used. */
  | { type: 'input'; bytes: Uint8Array };

/** With the instructions that it has carried out. */
export type FromLaptop =
  | MachineMessage
  | { type: 'paused'; instructions: number }
  | { type: 'going on'; instructions: number }
  /** What came out at the console of one that is used. */
  | { type: 'console'; bytes: Uint8Array };
