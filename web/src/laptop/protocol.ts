// What the page and the Worker that is a laptop say to each other.
import type { MachineMessage } from '../../../ts/guest/machine_message.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';
import type { Choice, Parts } from './order.ts';

export interface LaptopStart {
  type: 'start';
  /** v86.wasm as its package has it. */
  wasm: Uint8Array;
  kit: LaptopKit;
  choice: Choice;
  parts: Parts;
}

export type ToLaptop = LaptopStart | { type: 'pause' } | { type: 'go on' };

/** With the instructions that it has carried out. */
export type FromLaptop =
  | MachineMessage
  | { type: 'paused'; instructions: number }
  | { type: 'going on'; instructions: number };
