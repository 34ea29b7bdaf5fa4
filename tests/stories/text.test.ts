// How the driver asks for stories of the grammar.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createTeller } from '../../scripts/stories/story.mjs';
import { tellStories } from '../../ts/stories/text.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

test('each part of a kind becomes an option: the text is that of the grammar', async () => {
  for (const kind of [{}, { names: 3, chains: 50, heroes: true }, { heroes: false }]) {
    const file = path.join(folder(), 'stories.txt');
    expect(await tellStories('1KB', 5, file, kind)).toMatch(/^\d+ bytes of stories, seed 5: /);
    const first = createTeller(5, kind)(0);
    expect((await readFile(file, 'utf8')).startsWith(`${first}\n\n`)).toBe(true);
  }
});
