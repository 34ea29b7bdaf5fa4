// What is heard of a running machine, whatever stands between: a process, a Worker.
import type { Frame } from './channel.ts';

export type MachineMessage =
  | { type: 'frame'; frame: Frame }
  | { type: 'kernel'; line: string }
  | { type: 'halted' }
  | { type: 'fault'; message: string };
