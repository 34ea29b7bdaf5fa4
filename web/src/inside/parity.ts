// One training in both builds of this page, beside what `npm run emu:train` measured of the laptop:
// the same file by all of them, which the hashes show.
import { ModelWorker } from '../model/client.ts';
import { EMU_TRAIN } from '../model/emu_train.ts';
import { loadProgram } from '../model/load.ts';
import type { BuildName } from '../model/protocol.ts';
import { button, find, say, wordsOf } from '../parts/dom.ts';
import { downloadStories } from '../parts/stories.ts';
import type { Numbers } from './numbers.ts';
import { tableRow } from './table.ts';

const BUILDS: readonly BuildName[] = ['wasm-simd', 'wasm'];

interface Row {
  build: string;
  sha256: string;
  how: string;
}

export class ParityView {
  readonly #known: readonly Row[];
  readonly #expected: string;

  constructor(numbers: Numbers) {
    const { label, date, values, commands } = numbers['emu-train'];
    const { all, here, laptops, foreign, windows } = numbers.runners.values;
    this.#expected = values.checkpoint;
    const command = commands.split(' --')[0] ?? commands;
    const others = `${here} builds here, ${laptops} in laptops, ${foreign} of other processors, ${windows} for Windows`;
    this.#known = [
      row('Pentium III, the laptop', this.#expected, `${label}, ${date}: ${command}`),
      row('host, plain C', this.#expected, `host, ${date}: ${command} compares it`),
      row(`${all} runs: ${others}`, 'one hash, of a training of their own', 'npm run parity'),
    ];
    this.#show([]);
    button('compare').disabled = false;
    button('compare').addEventListener('click', () => void this.#compare());
  }

  async #compare(): Promise<void> {
    button('compare').disabled = true;
    const rows: Row[] = [];
    try {
      for (const build of BUILDS) {
        say('compare-status', `Training 200 steps in ${build}…`);
        rows.push(row(`${build}, this page`, await trainIn(build), 'just now, in this browser'));
        this.#show(rows);
      }
      const equal = rows.every(({ sha256 }) => sha256 === this.#expected);
      say('compare-status', equal ? 'All are equal.' : 'They differ, which is a mistake.');
    } catch (error) {
      say('compare-status', `This did not work: ${wordsOf(error)}.`);
    }
    button('compare').disabled = false;
  }

  #show(rows: readonly Row[]): void {
    const all = [...this.#known, ...rows];
    const lines = all.map(({ build, sha256, how }) => tableRow([build, { code: sha256 }, how]));
    find('parity', HTMLElement).replaceChildren(...lines);
  }
}

function row(build: string, sha256: string, how: string): Row {
  return { build, sha256, how };
}

// The hash of the checkpoint that a build makes, in a Worker that is ended again.
async function trainIn(build: BuildName): Promise<string> {
  const program = await loadProgram(build);
  if (program.build !== build) throw new Error(program.note ?? `there is no ${build}`);
  const worker = new ModelWorker(build);
  try {
    const { bytes, name } = await downloadStories();
    await worker.call('plan', { text: bytes, name, ...EMU_TRAIN });
    return (await worker.call('train', undefined)).checkpoint.sha256;
  } finally {
    worker.end();
  }
}
