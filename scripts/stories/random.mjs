// Seeded random numbers for the stories: 32-bit integer steps only (the "sfc32" scheme), so that
// one seed gives the same stories on every machine. Not for secrets.

/**
 * @typedef {object} Random
 * @property {() => number} word a whole number in 0 .. 2^32 - 1
 * @property {(limit: number) => number} below a whole number in 0 .. limit - 1
 * @property {<T>(list: readonly T[]) => T} pick one element of a list that is not empty
 * @property {(percent: number) => boolean} chance true in that share of the cases
 */

// A stream of random numbers that depends on the seed and on the number of the stream only.
/** @param {number} seed @param {number} [stream] @returns {Random} */
export function createRandom(seed, stream = 0) {
  let a = seed | 0;
  let b = stream | 0;
  let c = 0x6c617073;
  let counter = 1;
  function word() {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
  for (let i = 0; i < 16; i++) word();
  const below = (/** @type {number} */ limit) => word() % limit;
  return {
    word,
    below,
    pick: (list) => {
      if (list.length === 0) throw new Error('picked from an empty list');
      return /** @type {any} */ (list[below(list.length)]);
    },
    chance: (percent) => below(100) < percent,
  };
}

// A new list with the same elements in a random order.
/** @template T @param {readonly T[]} list @param {Random} random @returns {T[]} */
export function shuffled(list, random) {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [result[i], result[j]] = [/** @type {T} */ (result[j]), /** @type {T} */ (result[i])];
  }
  return result;
}
