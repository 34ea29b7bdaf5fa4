// Where modelled cycles go, in words.
import { type Cycles, PARTS, partsOf } from './p6_cycles.ts';

const PERCENT = 100;
const LEAST_SHOWN = 0.01;

// "load 40 %, memory 31 %": shares of the cycles with misses, most first; less than a hundredth is
// left out.
export function bindingText(cycles: Cycles): string {
  const parts = partsOf(cycles);
  return [...PARTS]
    .sort((a, b) => parts[b] - parts[a])
    .filter((part) => parts[part] > 0 && parts[part] >= LEAST_SHOWN * cycles.withMisses)
    .map((part) => `${part} ${((parts[part] / cycles.withMisses) * PERCENT).toFixed(0)} %`)
    .join(', ');
}
