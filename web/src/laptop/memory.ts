// The memory of a laptop as a bar: what its system and files take, the training, and what stays free.
import type { PlanEvent } from '../../../ts/program/events.ts';
import { kilobytes } from '../../../ts/support/sizes.ts';
import { usedPart } from '../parts/bar.ts';
import { find, say } from '../parts/dom.ts';

// plan: what the program said when it had looked at what is free.
export function showMemory(plan: PlanEvent, ramMb: number): void {
  const all = ramMb * 1024 * 1024;
  const { total_bytes: training, ram_bytes: free } = plan;
  say('laptop-memory', `${kilobytes(training)} of ${kilobytes(free)} free in ${ramMb} MB`);
  find('laptop-bar', HTMLElement).replaceChildren(
    usedPart(all - free, 'system'),
    usedPart(training, 'training'),
    usedPart(free - training, 'free'),
  );
}

export function clearMemory(): void {
  say('laptop-memory', '–');
  find('laptop-bar', HTMLElement).replaceChildren();
}
