// Which tokens the last token attends to, in one head of the model that writes.
import type { Attention } from '../../../ts/engine/engine.ts';
import { find, say } from '../parts/dom.ts';
import { fillNumbers } from '../parts/select.ts';
import type { WritePart } from '../parts/write.ts';

const MOST_NAMED = 3;

export class AttentionView {
  readonly #writing: WritePart;
  readonly #layer = find('attention-layer', HTMLSelectElement);
  readonly #head = find('attention-head', HTMLSelectElement);

  constructor(writing: WritePart) {
    this.#writing = writing;
    for (const select of [this.#layer, this.#head]) {
      select.addEventListener('change', () => void this.#look());
    }
    writing.onWritten = () => {
      fillNumbers(this.#layer, writing.facts?.layers ?? 0);
      fillNumbers(this.#head, writing.facts?.heads ?? 0);
      void this.#look();
    };
  }

  async #look(): Promise<void> {
    const [layer, head] = [this.#layer, this.#head].map(({ value }) => Number(value));
    const attention = await this.#writing.attention(layer ?? 0, head ?? 0);
    if (attention) this.#show(attention);
  }

  #show({ tokens, shares }: Attention): void {
    const largest = Math.max(...shares);
    const spans = tokens.map((token, i) => {
      const span = document.createElement('span');
      span.textContent = token;
      span.style.setProperty('--share', String((shares[i] ?? 0) / largest));
      return span;
    });
    find('attention', HTMLElement).replaceChildren(...spans);
    const named = shares
      .map((share, i) => ({ share, token: tokens[i] ?? '' }))
      .sort((a, b) => b.share - a.share)
      .slice(0, MOST_NAMED)
      .map(({ share, token }) => `${JSON.stringify(token)} ${(100 * share).toFixed(0)} %`);
    const last = JSON.stringify(tokens.at(-1) ?? '');
    say('attention-facts', `The last token, ${last}, looks most at ${named.join(', ')}.`);
  }
}
