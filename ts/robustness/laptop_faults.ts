// Faults of the emulated laptop, as rows of data: what is wrong with it or with what it is given, and
// what must be said. Whatever happens, its emulator ends.
import { readFile } from 'node:fs/promises';
import { buildTarget } from '../build/build.ts';
import { findTarget } from '../build/targets.ts';
import { initramfsOf } from '../guest/guest_files.ts';
import { ensureInit } from '../guest/init.ts';
import { ensureKernel, kernelCommandLine } from '../guest/kernel.ts';
import { findLaptop } from '../guest/machines.ts';
import { newToken } from '../guest/run.ts';
import { superviseMachine } from '../guest/supervise.ts';
import { Transcript } from '../guest/transcript.ts';
import { run } from '../runs/run.ts';
import { describeError, exitCodeOf, UserError } from '../support/errors.ts';
import { interruptSignal } from '../support/interrupt.ts';
import type { Seen } from './laboratory.ts';

// What a laptop boots.
interface Booted {
  kernel: Buffer;
  archive: Uint8Array;
}

// One row: what is changed in what it boots, or a job that it cannot do.
export interface LaptopFault {
  name: string;
  boots?: (booted: Booted) => Booted;
  /** Host seconds that it has until it begins. */
  startSeconds?: number;
  /** MB of a file that lies in its file system, and what the program is to do beside it. */
  job?: { ballastMb: number; command: readonly string[]; memoryClaim?: string };
  /** What must be said; the exit code always is 1. */
  said: RegExp;
}

const LAPTOP = 'p3-32';
const MB = 1024 * 1024;

// Its checkpoint has 4 MB.
const TRAIN = ['train', '--text', 'text.txt', '--steps', '1', '--layers', '4', '--heads', '4'];
const LARGE = [...TRAIN, '--dim', '192', '--context', '16', '--batch', '1', '--out', 'model.ckpt'];
// Far more than there is.
const HUGE = [...TRAIN, '--dim', '512', '--context', '64', '--batch', '8', '--out', 'none'];

export const laptopFaults: readonly LaptopFault[] = [
  {
    name: 'the end of the file system is missing',
    boots: ({ kernel, archive }) => ({ kernel, archive: archive.subarray(0, 4 * 1024) }),
    said: /^legacy-llm: the emulated laptop stopped: its kernel panicked\n/,
  },
  {
    name: 'it says nothing at all',
    boots: ({ kernel, archive }) => ({ kernel: withLoop(kernel), archive }),
    startSeconds: 1,
    said: /the emulated laptop did not begin with its job in 1 s \(host clock\)\n.*\n {2}\(it has said/,
  },
  {
    name: 'its disk is full',
    job: { ballastMb: 12, command: LARGE },
    said: /^legacy-llm: p3-32: train failed \(exit code \d+\)\n.*(No space left|disk is full)/,
  },
  {
    name: 'its memory is used up',
    job: { ballastMb: 0, command: [...HUGE, '--ram', '1GB'], memoryClaim: '1GB' },
    said: /^legacy-llm: p3-32 ran out of memory: its kernel killed the program at [\d,]+ kB\n/,
  },
];

// A kernel whose first instruction jumps to itself.
function withLoop(kernel: Buffer): Buffer {
  const changed = Buffer.from(kernel);
  const setupSectors = changed.readUInt8(0x1f1) || 4;
  changed.writeUInt16BE(0xebfe, (setupSectors + 1) * 512);
  return changed;
}

// Throws a UserError unless what was said is what must be.
export function checkLaptopFault(
  { name, said: words }: LaptopFault,
  { exitCode, said }: Seen,
): void {
  if (exitCode === 1 && words.test(said)) return;
  throw new UserError(`${name}: exit code ${exitCode}, and nothing said like ${words}`, {
    hint: said,
  });
}

// Makes the fault, and gives what the driver would say of it.
export async function tryLaptopFault(fault: LaptopFault): Promise<Seen> {
  try {
    await (fault.job ? doJob(fault.job) : boot(fault));
    return { exitCode: 0, said: '' };
  } catch (error) {
    return { exitCode: exitCodeOf(error), said: describeError(error) };
  }
}

async function boot({ boots = (booted) => booted, startSeconds }: LaptopFault): Promise<void> {
  const { program } = await buildTarget(findTarget('p3'));
  const token = newToken();
  const files = { init: await ensureInit(), program, programInside: '/legacy_llm', token };
  const job = { inputs: {}, outputs: [], commands: [['version']] };
  const archive = await initramfsOf({ ...files, ...job });
  const booted = boots({ kernel: await readFile(await ensureKernel()), archive });
  const machine = findLaptop(LAPTOP);
  await superviseMachine({
    on: {
      machine,
      token,
      boot: {
        kernel: booted.kernel,
        initramfs: booted.archive,
        commandLine: kernelCommandLine.join(' '),
        ramBytes: machine.ramMb * MB,
      },
    },
    transcript: new Transcript(1, { outputs: [] }),
    signal: interruptSignal,
    timeoutSeconds: undefined,
    ...(startSeconds !== undefined && { startSeconds }),
  });
}

async function doJob({ ballastMb, command, memoryClaim }: NonNullable<LaptopFault['job']>) {
  const { program } = await buildTarget(findTarget('p3'));
  const text = Buffer.from('The little dog ran to the old tree and sat down. '.repeat(200));
  await run({
    runner: { name: LAPTOP, command: [program], machine: findLaptop(LAPTOP) },
    commands: [command],
    inputs: { 'text.txt': text, ballast: Buffer.alloc(ballastMb * MB, 1) },
    ...(memoryClaim !== undefined && { memoryClaim }),
  });
}
