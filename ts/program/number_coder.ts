// Reads numbers as c/src/counts/coder.h codes them: an independent reader.

const LENGTHS = 12;
const STARTS = 6;
const START = 8; // bits are learned while those before them are below this

// Probabilities of the bits of one kind of number, in 2^-16.
export class NumberModel {
  readonly length = new Uint16Array(LENGTHS).fill(32768);
  readonly start = Array.from({ length: STARTS }, () => new Uint16Array(START).fill(32768));
}

export class NumberReader {
  private low = 0;
  private high = 0xffffffff;
  private code = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
  ) {
    for (let i = 0; i < 4; i++) this.code = this.code * 256 + this.byte();
  }

  // Throws where the bytes do not end here.
  expectEnd(): void {
    if (this.at !== this.bytes.length) throw new Error('the numbers go on after their end');
    if (this.code !== this.low) throw new Error('the numbers end otherwise');
  }

  next(model: NumberModel): number {
    let bits = 1;
    while (this.learned(model.length, Math.min(bits, LENGTHS) - 1)) bits++;
    const start = model.start[Math.min(bits - 2, STARTS - 1)] ?? new Uint16Array();
    let found = 1;
    for (let i = 1; i < bits; i++) {
      found = 2 * found + (found < START ? this.learned(start, found) : this.bit(32768));
    }
    return found - 1;
  }

  private learned(probabilities: Uint16Array, i: number): number {
    const p = probabilities[i] ?? 0;
    const bit = this.bit(p);
    probabilities[i] = bit ? p + ((65536 - p) >> 5) : p - (p >> 5);
    return bit;
  }

  // A bit that is 1 with a probability of p / 2^16.
  private bit(p: number): number {
    const range = this.high - this.low;
    const [upper, lower] = [Math.floor(range / 65536), range % 65536];
    const middle = this.low + upper * p + Math.floor((lower * p) / 65536);
    const bit = this.code <= middle ? 1 : 0;
    if (bit) this.high = middle;
    else this.low = middle + 1;
    while (this.low >>> 24 === this.high >>> 24) {
      this.low = (this.low << 8) >>> 0;
      this.high = ((this.high << 8) | 255) >>> 0;
      this.code = ((this.code << 8) | this.byte()) >>> 0;
    }
    return bit;
  }

  private byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error('the numbers end too early');
    return byte;
  }
}
