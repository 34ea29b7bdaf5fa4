// The memory of a laptop as a bar: what its system and files take, the training, and what stays free.
import type { PlanEvent } from '../../../ts/program/events.ts';
import { kilobytes } from '../../../ts/support/sizes.ts';
import { barPart } from '../parts/bar.ts';
import { find, say } from '../parts/dom.ts';

// plan: what the program said when it had looked at what is free.
export function showMemory(plan: PlanEvent, ramMb: number): void {
  const all = ramMb * 1024 * 1024;
  const { total_bytes: training, ram_bytes: free } = plan;
  say('laptop-memory', `${kilobytes(training)} of ${kilobytes(free)} free in ${ramMb} MB`);
  const parts = [all - free, training, free - training].map((bytes, place) =>
    barPart(Math.max(0, bytes), place / 2),
  );
  find('laptop-bar', HTMLElement).replaceChildren(...parts);
}

export function clearMemory(): void {
  say('laptop-memory', '–');
  find('laptop-bar', HTMLElement).replaceChildren();
}
