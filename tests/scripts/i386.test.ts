// Programs for i386 run here, or an emulator runs them; the others never need one.
import { expect, test, vi } from 'vitest';
import { findTarget, startOf } from '../../ts/build/targets.ts';

test.each([
  [true, ['/p']],
  [false, ['qemu-i386-static', '-cpu', 'pentium3', '/p']],
])('where the kernel starts them is %s, p3 is started by %j', async (starts, command) => {
  vi.resetModules();
  vi.doMock('../../scripts/i386.mjs', () => ({
    runsI386: () => starts,
    I386_EMULATOR: 'qemu-i386-static',
  }));
  const { findTarget, startOf } = await import('../../ts/build/targets.ts');
  expect(startOf(findTarget('p3'), '/p')).toEqual(command);
  expect(startOf(findTarget('host'), '/p')).toEqual(['/p']);
  vi.doUnmock('../../scripts/i386.mjs');
});

test('the least program ends as it should, or is not started at all', async () => {
  const { runsI386 } = await import('../../scripts/i386.mjs');
  expect(runsI386()).toBe(startOf(findTarget('p2'), '/p').length === 1);
});
