// What the page knows of its laptops: laptop.json, which stands beside what they start from.
import type { Machine } from '../guest/machine.ts';

export interface LaptopKit {
  /** The first is the default. */
  machines: readonly Machine[];
  /** Of the kernel. */
  commandLine: string;
  /** Path of the program inside. */
  programInside: string;
  /** The word that opens their frames. */
  token: string;
}
