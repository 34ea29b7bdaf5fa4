// Rounding to integers, with an eye on ties: values so near to the middle between two integers that
// the core, which adds in another order, may have rounded them to the other one.
import * as tf from '@tensorflow/tfjs-core';

const NEAR = 4e-5; // of values up to 127: about five units in the last place of binary32

// The roundings of one run of the oracle.
export class Rounding {
  /** Names of the ties that were met, in order. */
  readonly ties: string[] = [];
  private calls = 0;

  constructor(
    private readonly name: string,
    private readonly otherWay: ReadonlySet<string>,
  ) {}

  /** x to the nearest integers, ties to even; but those named in otherWay to the second nearest. */
  readonly round = (x: tf.Tensor): tf.Tensor => {
    const call = this.calls++;
    const values = x.dataSync<'float32'>();
    const rounded = tf.round(x).dataSync<'float32'>().slice();
    for (const [i, value] of values.entries()) {
      const below = Math.floor(value);
      if (Math.abs(value - below - 0.5) > NEAR) continue;
      const tie = `${this.name}, rounding ${call}, value ${i}`;
      this.ties.push(tie);
      if (this.otherWay.has(tie)) rounded[i] = rounded[i] === below ? below + 1 : below;
    }
    return tf.tensor(rounded, x.shape);
  };
}
