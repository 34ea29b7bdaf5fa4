// The text that comes with the page.
import stories from '#data/tiny_stories_sample.txt?url';
import { download } from './files.ts';
import type { OpenedFile } from './opened.ts';

export const STORIES = 'tiny_stories_sample.txt';

export function downloadStories(): Promise<OpenedFile> {
  return download(stories, STORIES);
}
