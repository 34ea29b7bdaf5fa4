// The measured numbers of the project (docs/numbers.json), each with its kind, date and command.
import { find } from '../parts/dom.ts';
import { tableRow } from './table.ts';

export type Numbers = Awaited<ReturnType<typeof loadNumbers>>;

interface NumberRow {
  what: string;
  from: keyof Numbers;
  value: (numbers: Numbers) => string;
  /** Otherwise that of the measurement. */
  kind?: string;
}

const MB = 1e6;
const rows: readonly NumberRow[] = [
  {
    what: 'loss of 200 steps in a laptop with a Pentium III, nats per character',
    from: 'emu-train',
    value: (n) => `${n['emu-train'].values.loss_first} to ${n['emu-train'].values.loss_last}`,
  },
  {
    what: 'instructions for each trained character, Pentium III build',
    from: 'emu-train',
    value: (n) => whole(n['emu-train'].values.instructions_per_token),
  },
  {
    what: 'memory of that training: peak, and what was planned, MB',
    from: 'emu-train',
    value: ({ 'emu-train': { values } }) =>
      `${(values.peak_bytes / MB).toFixed(2)}, ${(values.plan_bytes / MB).toFixed(2)}`,
  },
  {
    what: 'weights of the largest model that trains in 64 MB',
    from: 'max64',
    value: (n) => whole(n.max64.values.weights),
  },
  {
    what: 'held-out loss of the default training; 5-grams of the same text',
    from: 'default-training',
    value: ({ 'default-training': { values } }) => `${values.held_out_loss}; ${values.ngram}`,
  },
  {
    what: 'instructions of a training step in float32 C, this model: 1',
    from: 'count',
    value: (n) => n.count.values['step.times'].toFixed(2),
  },
  {
    what: 'cycles of a step of a Pentium III in float32 SSE with its waits, this model: 1',
    from: 'cycles',
    value: (n) => n.cycles.values['step.misses_times'].toFixed(2),
  },
  {
    what: 'tinyshakespeare, an hour of that laptop: held-out loss with counts',
    from: 'presets',
    value: (n) => String(n.presets.values['hour32.both']),
    kind: 'host; the hour is modelled',
  },
];

// Loaded by itself, so that nothing waits for it.
export async function loadNumbers() {
  return (await import('#docs/numbers.json')).default;
}

// Fills the table.
export function showNumbers(numbers: Numbers): void {
  const lines = rows.map(({ what, from, value, kind }) => {
    const { label, date, commands } = numbers[from];
    const [command = ''] = commands.split('; '); // the first of those that were given
    return tableRow([what, value(numbers), `${kind ?? label}, ${date}`, { code: command }]);
  });
  find('numbers', HTMLElement).replaceChildren(...lines);
}

function whole(value: number): string {
  return value.toLocaleString('en');
}
