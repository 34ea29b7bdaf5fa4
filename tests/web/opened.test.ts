// Files that a person opens in the page: of several choices the newest counts, and one that cannot be read
// is refused in words.
import { describe, expect, test } from 'vitest';
import { NewestChoice, read } from '../../web/src/parts/opened.ts';

// A download that is there when it is told so.
function slowly() {
  let arrive: (name: string) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const download = new Promise<string>((resolve, reject) => {
    [arrive, fail] = [resolve, reject];
  });
  return { download, arrive, fail };
}

describe('the newest choice', () => {
  test('is taken when it is there, and a failure is its own', async () => {
    const choice = new NewestChoice();
    expect(await choice.wait('a file')).toBe('a file');
    const { download, fail } = slowly();
    const waiting = choice.wait(download);
    fail(new Error('no network'));
    await expect(waiting).rejects.toThrow('no network');
  });

  test('is kept when an older one arrives or fails', async () => {
    const choice = new NewestChoice();
    const [stories, broken] = [slowly(), slowly()];
    const older = [choice.wait(stories.download), choice.wait(broken.download)];
    expect(await choice.wait('a file')).toBe('a file');
    stories.arrive('the stories');
    broken.fail(new Error('no network'));
    expect(await Promise.all(older)).toEqual([undefined, undefined]);
  });

  test('can be one that is there at once, as what is typed', async () => {
    const choice = new NewestChoice();
    const { download, arrive } = slowly();
    const older = choice.wait(download);
    choice.overtake();
    arrive('the stories');
    expect(await older).toBeUndefined();
  });
});

test('a file is read; a folder, or a file that is gone, is refused in words', async () => {
  const bytes = new Uint8Array([1, 2]);
  const good = { name: 'a.txt', arrayBuffer: async () => bytes.buffer };
  expect(await read(good)).toEqual({ name: 'a.txt', bytes });
  const gone = { name: 'b', arrayBuffer: () => Promise.reject(new Error('NotFoundError')) };
  await expect(read(gone)).rejects.toThrow('b cannot be read; it may be a folder');
});
