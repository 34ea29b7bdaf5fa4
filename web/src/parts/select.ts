// Choices of a select element.

// Offers words, and keeps what was chosen if it is still there.
export function fillWords(select: HTMLSelectElement, words: readonly string[]): void {
  const chosen = select.value;
  select.replaceChildren(...words.map((word) => new Option(word)));
  if (words.includes(chosen)) select.value = chosen;
}

// Offers 0 .. count-1.
export function fillNumbers(select: HTMLSelectElement, count: number): void {
  fillWords(
    select,
    Array.from({ length: count }, (_, i) => String(i)),
  );
}
