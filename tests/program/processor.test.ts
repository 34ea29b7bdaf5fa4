// A build that this processor cannot run says so in one line, before anything else.
import { describe, expect, it } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { findLaptop } from '../../ts/guest/machines.ts';
import type { BuiltRunner, CommandResult } from '../../ts/runs/job.ts';
import { runCommandAny } from '../../ts/runs/run.ts';
import { builtRunner } from '../../ts/runs/runners.ts';
import { testWith } from '../needs.ts';

const EXIT_PROCESSOR = 3;

async function built(name: string): Promise<BuiltRunner> {
  return builtRunner({ name, target: name }, await buildTarget(findTarget(name)));
}

function expectRefusal({ exitCode, stdout, stderr }: CommandResult, needs: string): void {
  expect(stdout).toBe('');
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(new RegExp(`^legacy_llm: this build needs ${needs}, which .*; use the `));
  expect(exitCode).toBe(EXIT_PROCESSOR);
}

describe('a build on a processor that lacks its instructions', () => {
  it('when p3 is started on a Pentium II, then it names SSE and the p2 build', async () => {
    const runner = { ...(await built('p3')), machine: findLaptop('p2-64', 24) };
    for (const words of [['--version'], [], ['train', '--steps', '1']]) {
      expectRefusal(await runCommandAny(runner, words), 'SSE');
    }
  });

  it('when wasm-simd is started without SSE4.1, then it names SIMD and the wasm build', async () => {
    const { command, ...runner } = await built('wasm-simd');
    const [node, ...words] = command;
    const without: BuiltRunner = { ...runner, command: [node, '--no-enable-sse4-1', ...words] };
    expectRefusal(await runCommandAny(without, ['--version']), 'WebAssembly SIMD');
  });

  testWith(
    ['qemu-i386'],
    'install qemu-user',
    'when p2 is started on a 486, or on a Pentium without MMX, then it names what is missing',
    async () => {
      const { command, ...runner } = await built('p2');
      for (const cpu of ['486', 'pentium']) {
        const emulated: BuiltRunner = {
          ...runner,
          command: ['qemu-i386', '-cpu', cpu, ...command],
        };
        const { exitCode, stdout, stderr } = await runCommandAny(emulated, ['--version']);
        expect(stdout).toBe('');
        expect(stderr).toMatch(/^legacy_llm: this build needs CMOV, .*Pentium II or later.*\n$/);
        expect(exitCode).toBe(EXIT_PROCESSOR);
      }
    },
  );
});
