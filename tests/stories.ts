// The bundled stories, for tests that train on them: all of them, or their beginning where the text is
// not what is tested. A build in an emulator is slow to count n-grams.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { rootDir } from '../ts/support/paths.ts';

// The path of all of them.
export const stories = path.join(rootDir, 'data', 'tiny_stories_sample.txt');

// Their first bytes.
export function storiesOf(bytes: number): Buffer {
  return readFileSync(stories).subarray(0, bytes);
}
