// The strict gate: the Pentium II and III builds on machines that refuse every instruction which the
// processor lacks. Three things are shown there: that the machines do refuse (probes), that a build
// says what it needs where it cannot run, and that a training makes the host's bits.
import pMap from 'p-map';
import { type Artefact, buildTarget } from '../build/build.ts';
import { checkReplaced, type ReplacedCount, withoutUnpack } from '../build/replacements.ts';
import { findTarget } from '../build/targets.ts';
import { findMachine, type Machine } from '../guest/machines.ts';
import { checkParity, differencesOf, type ParityResult } from '../parity/parity.ts';
import type { Scenario } from '../parity/scenario.ts';
import { runCommandAny } from '../runs/run.ts';
import { builtRunner, chooseRunners, type Runner } from '../runs/runners.ts';
import { formatSeconds, type Progress } from '../support/progress.ts';
import { type ProbeResult, runProbes } from './probes.ts';

// The machines of the gate: runners by name.
export const strictRunners = ['p2-strict', 'p3-strict'] as const;
// Runners whose arithmetic is of another emulator: witnesses of the bits, where they are installed.
export const witnessRunners = ['p2-qemu', 'p3-qemu'] as const;

// What a machine did with all probes.
export interface MachineProbes {
  machine: Machine;
  probes: readonly ProbeResult[];
}

// What the p3 build said on a Pentium II.
export interface Refusal {
  machine: string;
  exitCode: number;
  /** All that it wrote. */
  said: string;
}

// All that the gate shows.
export interface StrictResult {
  probes: readonly MachineProbes[];
  refusal: Refusal;
  replaced: ReplacedCount;
  parity: ParityResult;
}

// One boot keeps one core busy.
const AT_ONCE = 2;

// Runs the whole gate; `witnesses` are further runners.
export async function checkStrict(
  scenario: Scenario,
  witnesses: readonly string[],
  progress: Progress,
): Promise<StrictResult> {
  const chosen = chooseRunners([...strictRunners, ...witnesses]);
  const builds = await buildAll([...chosen.map(({ target }) => target), 'p3'], progress);
  const replaced = await compareBuilds(builds);
  const onPhase = (phase: string) => progress.update(`probes: ${phase}`, 'probes');
  const probed = async (machine: Machine) => ({
    machine,
    probes: await runProbes(machine, onPhase),
  });
  const machines = machinesOf(chosen, strictRunners);
  const probes = await pMap(machines, probed, { concurrency: AT_ONCE });
  progress.update('the p3 build on a Pentium II', 'refusal');
  const refusal = await askTooMuch(builds);
  progress.update(`training, ${chosen.length} runs`, 'training');
  const parity = await checkParity(scenario, chosen, ({ runner, hostSeconds }) =>
    progress.line(`${runner.name} done in ${formatSeconds(hostSeconds)} (host)`),
  );
  return { probes, refusal, replaced, parity };
}

type Builds = ReadonlyMap<string, Artefact>;

// Each target once, unless it is up to date.
async function buildAll(names: readonly string[], progress: Progress): Promise<Builds> {
  const onStep = (name: string, step: string) => progress.update(`building ${name}: ${step}`, name);
  const build = async (name: string) =>
    [name, await buildTarget(findTarget(name), { onStep })] as const;
  return new Map(await Promise.all([...new Set(names)].map(build)));
}

function builtOf(builds: Builds, name: string): Artefact {
  const built = builds.get(name);
  if (built) return built;
  throw new Error(`${name} was not built`);
}

function machinesOf(runners: readonly Runner[], names: readonly string[]): Machine[] {
  const chosen = runners.filter(({ name }) => names.includes(name));
  return chosen.flatMap(({ machine }) => (machine === undefined ? [] : findMachine(machine)));
}

// That the build for Bochs is p3 with two instructions replaced.
function compareBuilds(builds: Builds): Promise<ReplacedCount> {
  const [p3, forBochs] = [builtOf(builds, 'p3'), builtOf(builds, 'p3-bochs')];
  return checkReplaced(p3.program, forBochs.program, withoutUnpack);
}

// The p3 build on the Pentium II: it asks CPUID and refuses before its first SSE instruction.
async function askTooMuch(builds: Builds): Promise<Refusal> {
  const machine = 'p2-strict';
  const name = `p3 on ${machine}`;
  const runner = builtRunner({ name, target: 'p3', machine }, builtOf(builds, 'p3'));
  const { exitCode, stdout, stderr } = await runCommandAny(runner, ['presets']);
  return { machine, exitCode, said: stdout + stderr };
}

// With this exit code the program says that the processor is not enough.
const CANNOT_RUN = 3;

// What is not as it must be, one sentence each; nothing where the gate holds.
export function faultsOf({ probes, refusal, parity }: StrictResult): string[] {
  const wrong = probes.flatMap(({ machine, probes }) =>
    probes.filter(({ verdict }) => verdict === 'wrong').map((probe) => probeFault(machine, probe)),
  );
  return [
    ...wrong,
    ...(isClearRefusal(refusal) ? [] : [refusalFault(refusal)]),
    ...differencesOf(parity),
  ];
}

function probeFault({ name }: Machine, { instruction, came, has }: ProbeResult): string {
  const should = has ? 'run' : 'end by SIGILL';
  return `${name}: "${instruction}" should ${should}, but: ${came}`;
}

function isClearRefusal({ exitCode, said }: Refusal): boolean {
  return (
    exitCode === CANNOT_RUN && /needs SSE\b/.test(said) && said.trim().split('\n').length === 1
  );
}

function refusalFault({ machine, exitCode, said }: Refusal): string {
  const words = said.trim() || 'nothing';
  return `p3 on ${machine}: exit code ${exitCode}, not ${CANNOT_RUN} with one line; it said: ${words}`;
}
