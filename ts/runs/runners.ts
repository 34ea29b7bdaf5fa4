// Where a build can run, as rows of data: here, under Node, or inside an emulated machine.
import { onPath } from '../../scripts/requirements.mjs';
import { type Artefact, type BuildOptions, buildTarget } from '../build/build.ts';
import { isCompilerWithinReach } from '../build/cross.ts';
import { processors } from '../build/processors.ts';
import type { Program } from '../build/program.ts';
import { emulatorOf, findTarget, groupsOfTargets, startOf, WINE } from '../build/targets.ts';
import { type EmulatorName, findMachine } from '../guest/machines.ts';
import { rowNamed } from '../support/rows.ts';
import type { Group } from '../support/setup.ts';
import type { BuiltRunner } from './job.ts';

// A build and the place where it runs.
export interface Runner {
  name: string;
  /** A row of ts/build/targets.ts. */
  target: string;
  /** A row of emu/machines.json; without it the build runs here, under what its target says. */
  machine?: string;
  /** Only when asked for by name. */
  hidden?: boolean;
}

// The first row is the reference: plain C, which is the specification.
export const runners: readonly Runner[] = [
  { name: 'host', target: 'host' },
  { name: 'host-sse', target: 'host-sse' },
  { name: 'host-avx2', target: 'host-avx2' },
  { name: 'p2', target: 'p2' },
  { name: 'p3', target: 'p3' },
  { name: 'wasm', target: 'wasm' },
  { name: 'wasm-simd', target: 'wasm-simd' },
  { name: 'p2-laptop', target: 'p2', machine: 'p2-64' },
  { name: 'p3-laptop', target: 'p3', machine: 'p3-64' },
  { name: 'ppc', target: 'ppc' },
  { name: 'aarch64', target: 'aarch64' },
  { name: 's390x', target: 's390x' },
  { name: 'riscv64', target: 'riscv64' },
  { name: 'win32', target: 'win32' },
  { name: 'p2-strict', target: 'p2', machine: 'p2-strict', hidden: true },
  { name: 'p3-strict', target: 'p3-bochs', machine: 'p3-strict', hidden: true },
  { name: 'p2-qemu', target: 'p2', machine: 'p2-qemu', hidden: true },
  { name: 'p3-qemu', target: 'p3', machine: 'p3-qemu', hidden: true },
  { name: 'p2-small', target: 'p2-small', hidden: true },
  { name: 'p2-witness', target: 'p2-witness', hidden: true },
  { name: 'host-fast-math', target: 'host-fast-math', hidden: true },
];

// The runners of a comparison: all that are not hidden, or the reference and those named.
export function chooseRunners(names?: readonly string[]): Runner[] {
  if (!names) return runners.filter(({ hidden }) => !hidden);
  const chosen = names.map((name) => rowNamed(runners, name, 'runner'));
  return [...new Set([...runners.slice(0, 1), ...chosen])];
}

// What setup has to provide for a machine beside the kernel that it starts.
const groupsByEmulator: Readonly<Record<EmulatorName, readonly Group[]>> = {
  v86: [],
  bochs: ['bochs'],
  qemu: ['qemu'],
};

// The groups of requirements for these runners: for their builds, and for their machines.
export function groupsOfRunners(rows: readonly Runner[]): Group[] {
  const machines = rows.flatMap(({ machine }) => (machine ? findMachine(machine) : []));
  const kernel: Group[] = machines.length > 0 ? ['i386', 'kernel'] : [];
  const emulators = machines.flatMap(({ emulator }) => groupsByEmulator[emulator]);
  const builds = rows.filter((row) => !lacksWine(row)).map(({ target }) => findTarget(target));
  return [...groupsOfTargets(builds), ...kernel, ...new Set(emulators)];
}

// Whether an emulator runs its program, because this machine cannot: its time says nothing.
export function isForeign({ target, machine }: Runner): boolean {
  return machine === undefined && emulatorOf(findTarget(target)) !== undefined;
}

// Why a runner cannot run here, with what it would take; undefined where it can. To be asked when what
// can be set up has been.
export function whyNotHere(runner: Runner): string | undefined {
  if (runner.machine !== undefined) return undefined;
  const target = findTarget(runner.target);
  const [emulator] = emulatorOf(target) ?? [];
  if (emulator !== undefined && !onPath(emulator))
    return `${emulator} is missing: install ${emulator === WINE ? 'wine32' : 'qemu-user-static'}`;
  if (target.processor === undefined || isCompilerWithinReach(processors[target.processor]))
    return undefined;
  return 'its compiler comes from Debian, and there is no apt-get';
}

// Wine is not set up by itself: that of 32 bits conflicts with other packages.
function lacksWine({ target }: Runner): boolean {
  return findTarget(target).run === 'wine' && !onPath(WINE);
}

// Builds what a runner runs, unless it is up to date.
export async function buildRunner(runner: Runner, options?: BuildOptions): Promise<BuiltRunner> {
  return builtRunner(runner, await buildTarget(findTarget(runner.target), options));
}

// A runner with what was built for it.
export function builtRunner(
  { name, machine }: Runner,
  { target, program }: Pick<Artefact, 'target' | 'program'>,
): BuiltRunner {
  const command = startOf(target, program);
  return { name, command, ...(machine !== undefined && { machine: findMachine(machine) }) };
}

// A built program that runs on this machine.
export function runnerOf({ target, command }: Program): BuiltRunner {
  return { name: target, command };
}
