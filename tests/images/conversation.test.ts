import { describe, expect, test } from 'vitest';
import { Conversation } from '../../ts/images/conversation.ts';

describe('a conversation', () => {
  test('waits until what it expects has come, in however many pieces', async () => {
    const heard = new Conversation();
    const wanted = heard.expect(/Press a number\. $/);
    for (const piece of ['\u001b[2J\u001b[7m Title', ' \u001b[0m\r\nPress a nu', 'mber. '])
      heard.hear(piece);
    expect(await wanted).toBe(' Title \nPress a number. ');
  });

  test('expects the next thing behind the last one', async () => {
    const heard = new Conversation();
    heard.hear('one two one');
    expect(await heard.expect(/one/)).toBe('one');
    expect(await heard.expect(/one/)).toBe(' two one');
    const third = heard.expect(/one/);
    heard.hear(', one');
    expect(await third).toBe(', one');
  });

  test('when the other end is gone, panics or is silent, then that is the error, with its last lines', async () => {
    const gone = new Conversation();
    gone.hear('last words\n');
    gone.end('QEMU ended');
    await expect(gone.expect(/more/)).rejects.toMatchObject({
      message: 'waited for /more/, but QEMU ended',
      hint: 'The last lines:\nlast words',
    });
    const panicked = new Conversation();
    const wanted = panicked.expect(/menu/);
    panicked.hear('Kernel panic - not syncing: no init\n');
    await expect(wanted).rejects.toThrow('the kernel panicked');
    await expect(new Conversation(0).expect(/menu/)).rejects.toThrow('silence for 0 s');
  });
});
