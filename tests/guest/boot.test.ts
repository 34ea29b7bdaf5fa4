// Boots the emulated laptop for real, with tests/guest/probe.c as its program.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileMuslI386 } from '../../ts/build/build.ts';
import { cpioArchive } from '../../ts/guest/cpio.ts';
import type { CpuName } from '../../ts/guest/cpuid.ts';
import { ensureKernel } from '../../ts/guest/kernel.ts';
import { findLaptop } from '../../ts/guest/machines.ts';
import { type GuestJob, type GuestResult, runGuest } from '../../ts/guest/run.ts';
import { superviseMachine } from '../../ts/guest/supervise.ts';
import { Transcript } from '../../ts/guest/transcript.ts';
import { ownChildren } from '../children.ts';

let folder: string;
let probe: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'legacy-llm-boot-'));
  probe = path.join(folder, 'probe');
  const source = path.join(import.meta.dirname, 'probe.c');
  await compileMuslI386([source], probe, ['-std=c99', '-O1', '-march=pentium2', '-mno-sse']);
  await ensureKernel();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function boot(args: readonly string[], more: Partial<GuestJob> = {}): Promise<GuestResult> {
  const machine = findLaptop('p3-32');
  return runGuest({ machine, program: probe, args, inputs: {}, outputs: [], ...more });
}

// The pseudo-random bytes that `probe fill` writes, made again here.
function filling(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

describe('a boot', () => {
  it('when it ends, then machine, runs, text and files are as the program made them', async () => {
    const input = path.join(folder, 'input');
    await writeFile(input, filling(5000));
    const lines: string[] = [];
    const result = await boot(['echo', 'two words', '', 'line\nbreak', 'é'], {
      machine: findLaptop(),
      commands: [
        ['fill', '/out/deep/bytes', '300000'],
        ['show', '/in/file'],
      ],
      inputs: { '/in/file': input },
      outputs: ['/out/deep/bytes', '/out/none'],
      onStdout: (line) => lines.push(line),
    });
    expect(result.cpu.modelName).toBe('Pentium III (Coppermine)');
    expect(result.cpu.flags).toEqual(
      'fpu pse tsc msr pae cx8 sep pge cmov mmx fxsr sse cpuid'.split(' '),
    );
    expect(result.memTotalKb).toBeGreaterThan(60 * 1024);
    expect(result.memTotalKb).toBeLessThanOrEqual(64 * 1024);
    expect(result.memAvailableKb).toBeGreaterThan(56 * 1024);
    expect(result.runs.map(({ exitCode, signal }) => [exitCode, signal])).toEqual([
      [3, null],
      [0, null],
      [0, null],
    ]);
    expect(result.runs[0]?.stdout).toBe('two words\n\nline\nbreak\né');
    expect(result.runs[0]?.stderr).toBe('on stderr\n');
    expect(lines.slice(0, 6)).toEqual(['two words', '', 'line', 'break', 'é', 'filled 300000']);
    expect(result.outputs.get('/out/deep/bytes')?.equals(filling(300_000))).toBe(true);
    expect([...result.missing]).toEqual([['/out/none', 'No such file or directory']]);
    expect(result.killedForMemory).toBe(false);
    expect(result.kernelLog.some((line) => line.startsWith('Linux version 6.1'))).toBe(true);
  });

  it('when the laptop is a Pentium II, then it has no SSE', async () => {
    const { cpu, memTotalKb } = await boot(['echo'], { machine: findLaptop('p2-64', 24) });
    expect(cpu.modelName).toBe('Pentium II (Deschutes)');
    expect(cpu.flags).toContain('mmx');
    expect(cpu.flags.filter((flag) => flag.startsWith('sse'))).toEqual([]);
    expect(memTotalKb).toBeLessThanOrEqual(24 * 1024);
  });

  it('when run twice, then the same instructions are executed, to the last one', async () => {
    const [first, second] = [await hungry(), await bootHungry()];
    expect(first.runs[0]?.instructions).toBeGreaterThan(1_000_000);
    expect(second.runs).toEqual(first.runs);
    expect(second.totalInstructions).toBe(first.totalInstructions);
    expect(second.kernelLog).toEqual(first.kernelLog);
  });
});

// A boot with a program that uses up the memory, and others before and after it.
function bootHungry(): Promise<GuestResult> {
  const commands = [['eat'], ['echo', 'still here']];
  return boot(['fill', '/out', '200000'], { outputs: ['/out'], commands });
}

let first: Promise<GuestResult> | undefined;

// The same, but once for all tests.
function hungry(): Promise<GuestResult> {
  first ??= bootHungry();
  return first;
}

describe('a program that fails inside', () => {
  it('when it uses more memory than there is, then that is told; the boot goes on', async () => {
    const result = await hungry();
    expect(result.killedForMemory).toBe(true);
    expect(result.runs[1]).toMatchObject({ exitCode: null, signal: 9 });
    const peak = result.runs[1]?.maxRssKb ?? 0;
    expect(peak).toBeGreaterThan(20 * 1024);
    expect(peak).toBeLessThan(result.memTotalKb);
    expect(result.runs[2]?.stdout).toBe('still here');
  });

  it('when it asks for more than the RAM, then it is refused; and a crash is told', async () => {
    const plain = await boot(['ask', '16'], { commands: [['ask', '64'], ['crash']] });
    expect(plain.runs.map(({ stdout }) => stdout)).toEqual(['granted\n', 'refused\n', '']);
    expect(plain.runs[2]).toMatchObject({ exitCode: null, signal: 11 });
    expect(plain.killedForMemory).toBe(false);
  });

  it('when all memory is to be granted, then it gets more than the RAM', async () => {
    const granting = await boot(['ask', '64'], { grantAllMemory: true });
    expect(granting.runs[0]?.stdout).toBe('granted\n');
  });

  it('when it cannot be run at all, then that is its exit code and message', async () => {
    const program = path.join(folder, 'not-a-program');
    await writeFile(program, 'text');
    const { runs } = await boot([], { program });
    expect(runs[0]?.exitCode).toBe(127);
    expect(runs[0]?.stderr).toContain('init: cannot run /not-a-program');
  });
});

describe('a machine that is stopped', () => {
  it('when the caller aborts, then it ends with that reason and leaves no process', async () => {
    const before = await ownChildren();
    const controller = new AbortController();
    const reason = new Error('enough');
    const onStdout = () => controller.abort(reason);
    await expect(boot(['forever'], { signal: controller.signal, onStdout })).rejects.toBe(reason);
    expect(await ownChildren()).toEqual(before);
  });

  it('when the caller has aborted before, then nothing is started', async () => {
    await expect(boot(['echo'], { signal: AbortSignal.abort('early') })).rejects.toBe('early');
  });

  it('when it takes too long, then that is an error with the end of its log', async () => {
    await expect(boot(['forever'], { timeoutSeconds: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('not done after 1 s (host clock)'),
      hint: expect.stringContaining('The end of its kernel log:'),
    });
  });

  async function superviseRaw(cpu: CpuName): Promise<void> {
    const boot = {
      kernel: await readFile(await ensureKernel()),
      initramfs: cpioArchive([{ kind: 'device', path: '/dev/console', major: 5, minor: 1 }]),
      commandLine: 'console=ttyS0 rdinit=/init',
      ramBytes: 16 * 1024 * 1024,
    };
    await superviseMachine({
      on: { machine: { ...findLaptop('p3-32'), cpu }, boot, token: 'x' },
      transcript: new Transcript(0, { outputs: [] }),
      signal: new AbortController().signal,
      timeoutSeconds: undefined,
    });
  }

  it('when the emulator throws, then that is the error', async () => {
    await expect(superviseRaw('pentium4' as CpuName)).rejects.toMatchObject({
      message: 'the emulator failed',
      hint: expect.stringContaining('rewrites'),
    });
  });
});
