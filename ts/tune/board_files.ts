// The files of the results, in the folder of a sweep.
import path from 'node:path';
import { isOurPicture } from '../plots/pictures.ts';
import { writeFileAtomic } from '../support/files.ts';
import {
  csvText,
  jsonText,
  type Leaderboard,
  markdownText,
  pictureFiles,
  TITLE,
} from './leaderboard.ts';

// Each file, and how it is known for ours.
export const boardFiles: ReadonlyMap<string, (head: string) => boolean> = new Map([
  ['leaderboard.md', (head) => head.startsWith(`# ${TITLE}`)],
  ['leaderboard.csv', (head) => head.startsWith('rank,trial,')],
  ['leaderboard.json', (head) => head.startsWith('{\n  "name": ')],
  ...Object.values(pictureFiles).map((file) => [file, isOurPicture] as const),
]);

// Writes them. The plot library is loaded only here: it would slow the start of every command.
export async function writeBoard(board: Leaderboard, out: string): Promise<void> {
  const { picturesOf } = await import('./pictures.ts');
  const pictures = picturesOf(board);
  const files: Record<string, string> = {
    'leaderboard.md': markdownText(board, pictures),
    'leaderboard.csv': csvText(board),
    'leaderboard.json': jsonText(board),
    ...Object.fromEntries(pictures.map(({ file, svg }) => [file, svg])),
  };
  for (const [name, data] of Object.entries(files)) {
    await writeFileAtomic(path.join(out, name), data);
  }
}
