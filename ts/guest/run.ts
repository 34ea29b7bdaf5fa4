// Runs a program inside the emulated laptop and brings out all that it said, made and used.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { interruptSignal } from '../support/interrupt.ts';
import { type CpuFacts, checkFacts, parseCpuinfo, parseMeminfo } from './facts.ts';
import { initramfsOf } from './guest_files.ts';
import { ensureInit } from './init.ts';
import { ensureKernel, kernelCommandLine } from './kernel.ts';
import type { Machine } from './machines.ts';
import type { BootParts } from './multiboot.ts';
import { superviseMachine } from './supervise.ts';
import { type GuestRun, Transcript } from './transcript.ts';

export type { Machine } from './machines.ts';
export type { GuestRun } from './transcript.ts';

// What a laptop is to do in one boot.
export interface GuestJob {
  machine: Machine;
  /** Host path of the i386 static program. */
  program: string;
  /** Its arguments, with paths as seen inside. */
  args: readonly string[];
  /** Path inside -> path on the host, or the bytes themselves. */
  inputs: Readonly<Record<string, string | Uint8Array>>;
  /** Paths inside of the files to bring out. */
  outputs: readonly string[];
  onStdout?: (line: string) => void;
  onStderr?: (line: string) => void;
  onPhase?: (phase: string) => void;
  signal?: AbortSignal;
  /** Host seconds after which the boot is given up; default: what the machine's row says. */
  timeoutSeconds?: number;
  /** The kernel grants every allocation, as if there were RAM for it: who uses it is killed. */
  grantAllMemory?: boolean;
  /** Further runs of the program in the same boot. */
  commands?: readonly (readonly string[])[];
}

// What came of a boot.
export interface GuestResult {
  /** One per command. */
  runs: GuestRun[];
  outputs: Map<string, Buffer>;
  /** Outputs that could not be brought out, with the reason. */
  missing: Map<string, string>;
  cpu: CpuFacts;
  memTotalKb: number;
  memAvailableKb: number;
  killedForMemory: boolean;
  kernelLog: string[];
  /** From power-on to the end. */
  hostSeconds: number;
  /** From power-on until the last result was out. */
  totalInstructions: number;
}

// Of the word that opens a boot's frames, which has twice as many letters.
export const TOKEN_BYTES = 8;

// Another one for each boot, so that no program can know it.
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('hex');
}

const GRANT_ALL_MEMORY = 'sysctl.vm.overcommit_memory=1';

// Boots the machine, runs the job, and gives what came of it; a program that fails is a result, a
// machine that fails is a UserError.
export async function runGuest(job: GuestJob): Promise<GuestResult> {
  const signal = job.signal ? AbortSignal.any([job.signal, interruptSignal]) : interruptSignal;
  signal.throwIfAborted();
  const onPhase = job.onPhase ?? (() => {});
  const token = newToken();
  const boot = await bootOf(job, token, signal);
  const transcript = new Transcript(commandsOf(job).length, job);
  transcript.onFacts = (cpuinfo, meminfo) => {
    checkFacts(job.machine, parseCpuinfo(cpuinfo), parseMeminfo(meminfo));
  };
  onPhase('booting');
  const started = performance.now();
  await superviseMachine({
    on: { machine: job.machine, boot, token },
    transcript,
    signal,
    timeoutSeconds: job.timeoutSeconds ?? job.machine.limitSeconds,
  });
  return resultOf(transcript, (performance.now() - started) / 1000);
}

// What the machine of a job starts from. The kernel is built where that was never done.
export async function bootOf(
  job: GuestJob,
  token: string,
  signal: AbortSignal = interruptSignal,
): Promise<BootParts> {
  const kernel = await ensureKernel({ onPhase: job.onPhase ?? (() => {}), signal });
  const init = await ensureInit();
  const commands = commandsOf(job);
  const archive = await initramfsOf({
    ...{ ...job, init, commands, token },
    programInside: programInside(job.program),
  });
  const commandLine = [...kernelCommandLine, ...(job.grantAllMemory ? [GRANT_ALL_MEMORY] : [])];
  return {
    kernel: await readFile(kernel),
    initramfs: archive,
    commandLine: commandLine.join(' '),
    ramBytes: job.machine.ramMb * 1024 * 1024,
  };
}

// Where the program stands in the file system of a laptop, by its path here.
export function programInside(program: string): string {
  return `/${path.basename(program)}`;
}

function commandsOf({ args, commands = [] }: GuestJob): (readonly string[])[] {
  return [args, ...commands];
}

function resultOf(transcript: Transcript, hostSeconds: number): GuestResult {
  const { runs, kernelLog } = transcript;
  const memory = parseMeminfo(transcript.meminfo);
  const killed = runs.some(({ signal }) => signal === 9);
  return {
    runs,
    outputs: new Map([...transcript.outputs].map(([name, bytes]) => [name, Buffer.from(bytes)])),
    missing: transcript.missing,
    cpu: parseCpuinfo(transcript.cpuinfo),
    ...memory,
    killedForMemory: killed && kernelLog.some((line) => line.includes('Out of memory: Killed')),
    // Its last line comes after the last result, so it may or may not arrive before the power is cut.
    kernelLog: kernelLog.filter((line) => line !== 'reboot: System halted'),
    hostSeconds,
    totalInstructions: transcript.totalInstructions,
  };
}
