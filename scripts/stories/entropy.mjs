// How well single characters and pairs of characters predict a text, in nats per character.

/** @param {Map<string, number>} counts @param {string} key */
function count(counts, key) {
  return counts.get(key) ?? 0;
}

// How often each run of n characters occurs in a text.
/** @param {string} text @param {number} length @returns {Map<string, number>} */
function countRuns(text, length) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (let i = 0; i + length <= text.length; i++) {
    const run = text.slice(i, i + length);
    counts.set(run, count(counts, run) + 1);
  }
  return counts;
}

// -log of the frequency of each character in the training text; one is added to each count.
/** @param {string} training @param {string} heldOut @returns {number} */
export function unigramLoss(training, heldOut) {
  const probability = unigram(training, heldOut);
  let sum = 0;
  for (const character of heldOut) sum -= Math.log(probability(character));
  return sum / heldOut.length;
}

/** @param {string} training @param {string} heldOut */
function unigram(training, heldOut) {
  const counts = countRuns(training, 1);
  const total = training.length + new Set(training + heldOut).size;
  return (/** @type {string} */ character) => (count(counts, character) + 1) / total;
}

// The same for each character after the one before it: its share of the pairs that begin so in the
// training text, mixed with its unigram frequency, which weighs as much as one pair.
/** @param {string} training @param {string} heldOut @returns {number} */
export function bigramLoss(training, heldOut) {
  const single = unigram(training, heldOut);
  const pairs = countRuns(training, 2);
  const firsts = countRuns(training.slice(0, -1), 1);
  let sum = 0;
  for (let i = 1; i < heldOut.length; i++) {
    const second = /** @type {string} */ (heldOut[i]);
    const seen = count(pairs, heldOut.slice(i - 1, i + 1)) + single(second);
    sum -= Math.log(seen / (count(firsts, heldOut.charAt(i - 1)) + 1));
  }
  return sum / (heldOut.length - 1);
}

// The entropy of a text's own characters, and of its own pairs: what `legacy_llm eval` prints.
/** @param {string} text */
export function ownEntropies(text) {
  const singles = countRuns(text, 1);
  const firsts = countRuns(text.slice(0, -1), 1);
  let unigramSum = 0;
  for (const seen of singles.values()) unigramSum -= seen * Math.log(seen / text.length);
  let bigramSum = 0;
  for (const [pair, seen] of countRuns(text, 2)) {
    bigramSum -= seen * Math.log(seen / count(firsts, pair.charAt(0)));
  }
  return { unigram: unigramSum / text.length, bigram: bigramSum / (text.length - 1) };
}
