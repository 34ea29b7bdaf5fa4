// Machines of another kind, in an emulator: big-endian, of 32 bits, with unsigned char, without an
// instruction for square roots. Every file that they write is that of this machine, byte for byte,
// and each goes on with what the other began.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { exec, execAny } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { testWith } from '../needs.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

const rows = [
  { machine: 's390x, big-endian', compiler: 's390x-linux-gnu-gcc', emulator: 'qemu-s390x' },
  {
    machine: 'a PowerPC of 32 bits, big-endian, without square roots',
    compiler: 'powerpc-linux-gnu-gcc',
    emulator: 'qemu-ppc',
  },
];

type Run = (args: readonly string[]) => Promise<void>;

async function runHere(args: readonly string[]): Promise<void> {
  expect(await runProgram(args, folder())).toMatchObject({ exitCode: 0, stderr: '' });
}

// The program for another machine, which runs in its emulator.
async function runnerOf(compiler: string, emulator: string): Promise<Run> {
  const places = [`BUILDDIR=${at('build')}`, `OUT=${at('llm')}`];
  const flags = [`CC=${compiler}`, 'CFLAGS=-O1 -static'];
  const { stderr } = await exec('make', ['-j2', ...flags, ...places], { cwd: rootDir });
  expect(stderr).toBe('');
  return async (args) => {
    const result = await execAny(emulator, [at('llm'), ...args], { cwd: folder() });
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  };
}

const text = ['--text', 'text.txt'];
const train = ['train', ...text, ...small, '--steps', '6'];

// Everything that a command writes, named after the machine that wrote it.
async function writeAll(run: Run, name: string): Promise<string[]> {
  const out = (ending: string) => `${name}.${ending}`;
  const learned = ['--tokenizer', 'bpe', '--vocab', '280', '--out', out('tok')];
  await run(['tokenizer', ...text, ...learned]);
  const looks = ['--trace', out('trace'), '--dump', out('dump'), '--log', out('log')];
  const streamed = ['--text-ram', '1', '--tokenizer', out('tok')];
  await run([...train, ...streamed, ...looks, '--out', out('ckpt')]);
  await run(['export', '--model', out('ckpt'), '--out', out('llm')]);
  await run(['generate', '--model', out('llm'), '--tokens', '20', '--out', out('story')]);
  return ['tok', 'ckpt', 'trace', 'dump', 'log', 'llm', 'story'];
}

// Trains half of the way by one program and the rest by another.
async function trainInTurns(first: Run, second: Run, name: string): Promise<Buffer> {
  await first([...train, '--stop-after', '3', '--out', name]);
  await second(['train', ...text, '--resume', name, '--out', name]);
  return readFileSync(at(name));
}

describe('another machine', () => {
  for (const { machine, compiler, emulator } of rows) {
    const howTo = `put ${compiler} and ${emulator} on the PATH; Debian's packages gcc-${compiler.replace(/-gcc$/, '')} and qemu-user bring them, but the first removes gcc-multilib`;
    testWith([compiler, emulator], howTo, machine, async () => {
      copyFileSync(stories, at('whole.txt'));
      writeFileSync(at('text.txt'), readFileSync(at('whole.txt')).subarray(0, 6000));
      const runThere = await runnerOf(compiler, emulator);
      const endings = await writeAll(runHere, 'here');
      await writeAll(runThere, 'there');
      for (const ending of endings) {
        const [here, there] = ['here', 'there'].map((name) =>
          readFileSync(at(`${name}.${ending}`)),
        );
        expect(here?.length).toBeGreaterThan(0);
        expect(there?.equals(here as Buffer), ending).toBe(true);
      }
      await runHere([...train, '--out', 'whole.ckpt']);
      const whole = readFileSync(at('whole.ckpt'));
      expect((await trainInTurns(runHere, runThere, 'a.ckpt')).equals(whole)).toBe(true);
      expect((await trainInTurns(runThere, runHere, 'b.ckpt')).equals(whole)).toBe(true);
    });
  }
});
