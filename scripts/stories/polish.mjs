// The last touch on a paragraph: articles, capitals after a full stop, single spaces.

// Words that sound otherwise than their first letter says.
const vowelSound = /^(?:[aeiou]|hour|honest)/i;
const consonantSound = /^(?:one\b|once\b|us[eu]|uni|eu|u\b)/i;

// The article that goes before this word: "a" or "an".
/** @param {string} word */
export function articleFor(word) {
  return vowelSound.test(word) && !consonantSound.test(word) ? 'an' : 'a';
}

/** @param {string} text */
function fixArticles(text) {
  return text.replace(/\b([Aa])n? (?=([A-Za-z]+))/g, (_, first, word) => {
    const article = articleFor(word);
    return `${first}${article.slice(1)} `;
  });
}

/** @param {string} text */
function fixCapitals(text) {
  const start = /(^|(?<!\.\.)[.!?] |\." )("?)([a-z])/g;
  return text.replace(start, (_, before, quote, letter) => before + quote + letter.toUpperCase());
}

// A clean paragraph from expanded template text.
/** @param {string} text */
export function polish(text) {
  const spaced = text
    .replace(/\s+/g, ' ')
    .replace(/ +([.,!?;:])/g, '$1')
    .trim();
  return fixCapitals(fixArticles(spaced));
}
