import { describe, expect, it } from 'vitest';
import { LINE_HEIGHT, placeLabels, spread, textWidth } from '../../ts/plots/labels.ts';

describe('spread', () => {
  it('when values are apart already, then they stay, in their order', () => {
    expect(spread([30, 10, 50], 10, [0, 100])).toEqual([30, 10, 50]);
  });

  it('when values fall together, then they make room to both sides', () => {
    expect(spread([50, 50, 50], 10, [0, 100])).toEqual([40, 50, 60]);
  });

  it('when they are at a limit, then they stay inside it', () => {
    expect(spread([0, 1], 10, [0, 100])).toEqual([0, 10]);
    expect(spread([100, 99], 10, [0, 100])).toEqual([100, 90]);
  });

  it('when there are none, then there are none', () => {
    expect(spread([], 10, [0, 100])).toEqual([]);
  });
});

describe('placeLabels', () => {
  const point = (x: number, y: number, label = 'direct-stateless') => ({ x, y, label });

  it('when a point is alone, then its label is beside it', () => {
    const [first, second] = placeLabels([point(10, 50), point(400, 50)], [0, 500]);
    expect(first).toEqual({ x: 22, y: 50 });
    expect(second).toEqual({ x: 412, y: 50 });
  });

  it('when labels would run into others or into dots, then none does', () => {
    const crowd = [0, 3, 5, 9, 14, 30].flatMap((y) => [point(100, 200 + y), point(130, 204 + y)]);
    const places = placeLabels(crowd, [0, 500]);
    for (const [index, { x, y }] of places.entries()) {
      for (const other of places.slice(index + 1)) {
        const sideBySide = Math.abs(other.x - x) >= textWidth('direct-stateless');
        expect(sideBySide || Math.abs(other.y - y) > LINE_HEIGHT - 0.001).toBe(true);
      }
      for (const dot of crowd) {
        const isUnder = dot.x > x && dot.x < x + textWidth('direct-stateless');
        expect(isUnder && Math.abs(dot.y - y) < LINE_HEIGHT / 2).toBe(false);
      }
    }
  });
});
