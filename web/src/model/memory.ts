// Sums of planned memory.
import type { MemoryPart } from '../../../ts/engine/engine.ts';

export function totalOf(memory: readonly MemoryPart[]): number {
  return memory.reduce((sum, { bytes }) => sum + bytes, 0);
}
