// The command of the program that makes the bytes of a training of the page.

/** What a training began with. */
export interface Beginning {
  /** The text, as the command calls it. */
  text: string;
  /** Of a new training; without them it goes on with a checkpoint. */
  settings?: { preset: string; seed: number };
}

// The command for what is there after a step of so many: where that is not the last one, the training
// was stopped there.
export function commandOf({ text, settings }: Beginning, steps: number, step: number): string {
  const words = [`--text ${text}`, settings ? `--preset ${settings.preset}` : '--resume FILE'];
  words.push(`--steps ${steps}`);
  if (settings) words.push(`--seed ${settings.seed}`);
  if (step < steps) words.push(`--stop-after ${step}`);
  return `./legacy_llm train ${words.join(' ')}`;
}
