import { expect, test } from 'vitest';
import { textOf } from '../../ts/images/qemu.ts';

test('the text of a screen is read from a dump of its memory, without the echo before it', () => {
  const cells = (text: string) =>
    [...text].map((c) => ` 0x07${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
  const dump = `xp 0xb800\u001b[Kxp 0xb8000\r\n00000000000b8000:${cells('Tell'.padEnd(80))}\r\n00000000000b80a0:${cells('1: ')}\r\n(qemu) `;
  expect(textOf(dump)).toBe('Tell\n1:');
});
