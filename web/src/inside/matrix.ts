// A matrix of the running training as a picture of its trits, the first five of them as a byte, and
// what a product by it takes.
import { MATRICES, type Matrix } from '../../../ts/engine/engine.ts';
import type { Event, MatrixPlace, Planned } from '../model/protocol.ts';
import { colour, find, formatWhole, onTheme, say } from '../parts/dom.ts';
import { fillNumbers, fillWords } from '../parts/select.ts';
import type { TrainPart, Watcher } from '../parts/train.ts';
import { byMultiplying, byTable, exampleInput, type Work } from './product.ts';

const FIRST = 5;

export class MatrixView implements Watcher {
  /** Whose matrix it is. */
  training: TrainPart | undefined;
  readonly #canvas = find('matrix', HTMLCanvasElement);
  readonly #layer = find('matrix-layer', HTMLSelectElement);
  readonly #name = find('matrix-name', HTMLSelectElement);
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #shown: Matrix | undefined;
  #flipped: Set<number> = new Set();

  constructor() {
    fillWords(this.#name, MATRICES);
    for (const select of [this.#layer, this.#name]) {
      select.addEventListener('change', () => void this.#look());
    }
    onTheme(() => this.#draw());
  }

  planned({ shape }: Planned): void {
    fillNumbers(this.#layer, shape.layers);
    void this.#look();
  }

  // Who wants no movement sees it when the training pauses.
  event(event: Event): void {
    if (event.kind === 'steps' && event.matrix && !this.#calm.matches) this.#show(event.matrix);
  }

  stopped(): void {
    void this.#look();
  }

  #place(): MatrixPlace {
    return { layer: Number(this.#layer.value), which: this.#name.selectedIndex };
  }

  async #look(): Promise<void> {
    const matrix = await this.training?.watch(this.#place());
    if (matrix) this.#show(matrix);
  }

  #show(matrix: Matrix): void {
    const before = this.#shown;
    const same = before?.rows === matrix.rows && before.columns === matrix.columns;
    this.#flipped = new Set();
    if (same) {
      matrix.codes.forEach((code, i) => {
        if (code !== before.codes[i]) this.#flipped.add(i);
      });
    }
    if (!same) this.#showProduct(matrix);
    this.#shown = matrix;
    this.#draw();
    this.#tell(matrix);
    void this.#tellByte(matrix);
  }

  #draw(): void {
    const matrix = this.#shown;
    if (!matrix) return;
    const { rows, columns, codes } = matrix;
    this.#canvas.width = columns;
    this.#canvas.height = rows;
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    const colours = [colour('minus'), colour('ground'), colour('plus')];
    codes.forEach((code, i) => {
      context.fillStyle = this.#flipped.has(i) ? colour('ink') : (colours[code + 1] ?? '');
      context.fillRect(i % columns, Math.floor(i / columns), 1, 1);
    });
  }

  #tell({ rows, columns, codes }: Matrix): void {
    const share = (wanted: number) => {
      const count = codes.reduce((sum, code) => sum + Number(code === wanted), 0);
      return `${Math.round((100 * count) / codes.length)} %`;
    };
    const flips = `${formatWhole(this.#flipped.size)} flipped since the last picture`;
    say(
      'matrix-facts',
      `${rows} rows, ${columns} columns: ${share(1)} are 1, ${share(0)} are 0, ${share(-1)} are -1; ${flips}.`,
    );
  }

  async #tellByte({ rows, columns, packedBytes, codes }: Matrix): Promise<void> {
    const first = codes.slice(0, FIRST);
    const [byte] = (await this.training?.pack(first)) ?? [];
    const terms = [...first].map((code, i) => `${3 ** i} × (${code} + 1)`);
    say('byte-sum', `The first five, ${[...first].join(', ')}: ${terms.join(' + ')} = ${byte}`);
    const bytes = `${formatWhole(packedBytes)} bytes`;
    const float = formatWhole(4 * rows * columns);
    say('byte-facts', `The whole matrix: ${bytes} instead of ${float} in float32.`);
  }

  #showProduct(matrix: Matrix): void {
    const x = exampleInput(matrix.columns);
    const ways: Record<string, Work> = {
      multiplied: byMultiplying(matrix, x),
      table: byTable(matrix, x),
    };
    for (const [way, { multiplications, additions, lookUps }] of Object.entries(ways)) {
      say(`${way}-products`, formatWhole(multiplications));
      say(`${way}-sums`, formatWhole(additions));
      say(`${way}-looks`, formatWhole(lookUps));
    }
    const equal = ways.table?.result.every((sum, r) => sum === ways.multiplied?.result[r]);
    say('product-facts', equal ? 'Both give the same sums.' : 'They differ, which is a mistake.');
  }
}
