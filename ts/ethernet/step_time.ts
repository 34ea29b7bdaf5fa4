// How long a step of a training takes on ranks that a slow network joins: the formula of docs/ranks.md.

// Of a step on so many ranks. Times are in seconds.
export interface StepParts {
  ranks: number;
  layers: number;
  /** A step of the same ranks where no network limits them. */
  free: number;
  /** Of it, what goes on while the wire is busy: backward of the sequences of the last micro-batch, all
   * layers; nothing where ranks share processors. */
  lastBackward: number;
  /** The same of the steps of all layers' matrices. */
  update: number;
  /** Bytes that a rank sends. */
  sent: number;
  /** Numbers that are added up, as many as whole weights in all layers' matrices and what is beside them. */
  numbers: number;
  /** Of these, the weights in one layer's matrices. */
  layerNumbers: number;
  /** Times that a rank sends something to each other one. */
  rounds: number;
}

// What joins them: each rank sends so many bits a second, and what it sends arrives so much later.
export interface Link {
  bitsPerSecond: number;
  delaySeconds: number;
}

// A frame of Ethernet carries 1,448 bytes of a TCP stream in 1,514, and every second one is
// acknowledged by a frame of 66.
const FRAME = { bytes: 1514, payload: 1448, acknowledgement: 66 };
const OVERHEAD = (FRAME.bytes + FRAME.acknowledgement / 2) / FRAME.payload;

// Numbers of a layer that are sent in one round (c/src/ranks/world.c).
const ROUND_NUMBERS = 49_152;

// Seconds that a step takes.
export function stepSeconds(parts: StepParts, link: Link): number {
  return parts.free + wireSeconds(parts, link) - besideSeconds(parts, link);
}

// Seconds that a step's numbers are on the wire, beside computation or not.
export function wireSeconds({ sent, rounds }: StepParts, link: Link): number {
  return over(link, sent, rounds);
}

// Of these, what goes beside computation: a layer's numbers, while the layer before it goes backward
// and the one behind it is stepped. The last layer has no step beside it, the first no backward.
function besideSeconds(parts: StepParts, link: Link): number {
  const { layers, lastBackward, update, sent, numbers, layerNumbers } = parts;
  const layerBytes = (sent * layerNumbers) / numbers;
  const wire = over(link, layerBytes, 2 * Math.ceil(layerNumbers / ROUND_NUMBERS));
  const [backward, step] = [lastBackward / layers, update / layers];
  if (layers < 2) return Math.min(wire, step);
  const between = (layers - 2) * Math.min(wire, backward + step);
  return Math.min(wire, backward) + between + Math.min(wire, step);
}

function over({ bitsPerSecond, delaySeconds }: Link, bytes: number, rounds: number): number {
  return (8 * bytes * OVERHEAD) / bitsPerSecond + rounds * delaySeconds;
}
