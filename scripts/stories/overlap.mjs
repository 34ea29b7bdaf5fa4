// How much of one text is found word for word in another: the share of its windows of n characters.

// The set of all windows of n characters of a text.
/** @param {string} text @param {number} length @returns {Set<string>} */
export function windows(text, length) {
  const set = new Set();
  for (let i = 0; i + length <= text.length; i++) set.add(text.slice(i, i + length));
  return set;
}

// The share (0 .. 1) of the windows of these stories that are in the set.
/** @param {readonly string[]} stories @param {Set<string>} known @param {number} length */
export function overlapShare(stories, known, length) {
  let total = 0;
  let found = 0;
  for (const story of stories) {
    for (let i = 0; i + length <= story.length; i++) {
      total++;
      if (known.has(story.slice(i, i + length))) found++;
    }
  }
  return total === 0 ? 0 : found / total;
}
