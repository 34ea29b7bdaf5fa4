import { expect, test } from 'vitest';
import { isOurPicture } from '../../ts/plots/pictures.ts';
import { panelsText, svgText } from '../../ts/plots/svg.ts';

test('what we draw is known for ours, and nothing else', () => {
  const head = (text: string) => text.slice(0, 256);
  expect(isOurPicture(head(svgText({ marks: [] })))).toBe(true);
  expect(isOurPicture(head(panelsText({ width: 9, height: 9 }, 'title', [], [])))).toBe(true);
  const svg = '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" ';
  for (const other of ['', '<svg>', 'text', svg, `${svg}width="9">`]) {
    expect(isOurPicture(other)).toBe(false);
  }
});
