// What the page knows of its laptop: laptop.json, which stands beside the image that it starts from.

export interface LaptopKit {
  title: string;
  ramBytes: number;
  /** Guest instructions in one emulated microsecond. */
  mips: number;
  /** The word that opens its frames. */
  token: string;
  /** How many commands it carries out. */
  commands: number;
  /** Paths of the files that it sends, in their order. */
  outputs: readonly string[];
  /** Of its training. */
  steps: number;
  tokensOfStep: number;
}
