// The planned memory of a training as a bar, and as a list that can be read.
import { totalOf } from '../model/memory.ts';
import type { Planned } from '../model/protocol.ts';
import { barPart } from '../parts/bar.ts';
import { find, formatWhole } from '../parts/dom.ts';
import type { Watcher } from '../parts/train.ts';

export class MemoryView implements Watcher {
  planned({ memory }: Planned): void {
    const total = totalOf(memory);
    const parts = memory.map(({ bytes }, place) => barPart(bytes, place / memory.length));
    find('memory-bar', HTMLElement).replaceChildren(...parts);
    const items = [...memory, { name: 'all together', bytes: total }].map(({ name, bytes }) => {
      const item = document.createElement('li');
      item.textContent = `${name}: ${formatWhole(bytes)} bytes, ${((100 * bytes) / total).toFixed(1)} %`;
      return item;
    });
    find('memory-list', HTMLElement).replaceChildren(...items);
  }
}
