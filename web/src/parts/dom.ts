// Elements of index.html by their names, and numbers as people read them.

// The element of a name, which index.html has.
export function find<E extends HTMLElement>(name: string, kind: new () => E): E {
  const element = document.getElementById(name);
  if (element instanceof kind) return element;
  throw new Error(`index.html has no ${kind.name} named ${name}`);
}

export const button = (name: string) => find(name, HTMLButtonElement);
export const input = (name: string) => find(name, HTMLInputElement);

// Puts words into an element.
export function say(name: string, words: string): void {
  find(name, HTMLElement).textContent = words;
}

// The number of a field, whose limits the browser has checked.
export function numberOf(name: string): number {
  return input(name).valueAsNumber;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function formatWhole(value: number): string {
  return whole.format(value);
}

export function formatLoss(nats: number): string {
  return nats.toFixed(4);
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// A colour of style.css, as it is in the present theme.
export function colour(
  name: 'ink' | 'faint' | 'line' | 'plus' | 'minus' | 'ground' | 'screen-ink' | 'screen-ground',
): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Calls back when the theme changes.
export function onTheme(change: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', change);
}
