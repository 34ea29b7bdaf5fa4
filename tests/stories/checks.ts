// What must hold for every story text: its characters, its spaces, its articles, its brackets.

// Each problem found in a text, as a short excerpt; empty when the text is clean.
export function problemsOf(text: string): string[] {
  return rules.flatMap(({ name, pattern }) =>
    [...text.matchAll(pattern)].slice(0, 5).map((match) => {
      const excerpt = text.slice(Math.max(0, match.index - 20), match.index + 30);
      return `${name}: ${JSON.stringify(excerpt)}`;
    }),
  );
}

const rules: readonly { name: string; pattern: RegExp }[] = [
  { name: 'unknown character', pattern: /[^A-Za-z \n.,!?'":;-]/g },
  { name: 'two spaces', pattern: / {2}/g },
  { name: 'space at the edge of a line', pattern: /^ | $/gm },
  { name: 'more than one empty line', pattern: /\n{3}/g },
  { name: 'space before a mark', pattern: / [.,!?;:]/g },
  { name: 'doubled mark', pattern: /,[.,]|[!?][.,]|(?<!\.)\.\.(?!\.)/g },
  { name: 'doubled word', pattern: /\b(the|a|an|to|in|on|and|there|was) \1\b/gi },
  { name: 'a before a vowel', pattern: /\b[Aa] (?=[aeio]|hour|honest)(?!one\b|once\b|eu)/g },
  { name: 'an before a consonant', pattern: /\b[Aa]n (?=[bcdfgjklmnpqrstvwxyz]|one\b|uni|use)/g },
  { name: 'article and plural', pattern: /\ba (?:plums|pears|carrots|pods|leaves|children)\b/gi },
  { name: 'pronouns that differ', pattern: /\b(?:she (?:his|himself)|he (?:her|herself))\b/gi },
  { name: 'small letter after a full stop', pattern: /(?<!\.\.)\. "?[a-z]/g },
];

// Paragraphs whose quotation marks are not in pairs.
export function unpairedQuotes(text: string): string[] {
  return text.split('\n').filter((line) => (line.match(/"/g)?.length ?? 0) % 2 !== 0);
}
