// A curve of a bounded number of points: where more come, neighbours are joined to their mean. So a
// training of a million steps is drawn as fast as a short one.
export class Curve {
  x: number[] = [];
  y: number[] = [];
  #stride = 1;
  #open = 0;
  #sum = 0;

  constructor(readonly most: number) {}

  add(x: number, y: number): void {
    this.#sum += y;
    if (++this.#open < this.#stride) return;
    this.x.push(x);
    this.y.push(this.#sum / this.#open);
    this.#open = this.#sum = 0;
    if (this.x.length >= this.most) this.#halve();
  }

  #halve(): void {
    const kept = this.x.filter((_, i) => i % 2 === 1);
    const means = kept.map((_, i) => ((this.y[2 * i] ?? 0) + (this.y[2 * i + 1] ?? 0)) / 2);
    this.x = kept;
    this.y = means;
    this.#stride *= 2;
  }
}
