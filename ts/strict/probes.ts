// Probes: programs of one instruction, which show that a machine refuses what its processor lacks and
// carries out what it has. Which it has is asked of the tables that the builds are scanned with
// (ts/build/scan.ts), so that scan and machine check each other.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { compileMuslI386 } from '../build/build.ts';
import { withoutUnpack } from '../build/replacements.ts';
import { hasInstruction } from '../build/scan.ts';
import type { ScannedLevel } from '../build/targets.ts';
import type { Machine } from '../guest/machines.ts';
import type { CommandResult } from '../runs/job.ts';
import { runAny } from '../runs/run.ts';
import { rootDir } from '../support/paths.ts';
import { withScratch } from '../support/scratch.ts';

// What a machine did with an instruction, and whether its processor has it.
export interface ProbeResult {
  instruction: string;
  /** How the probe ended: it "runs", or what ended it. */
  came: string;
  /** Whether the processor has the instruction. */
  has: boolean;
  verdict: 'right' | 'wrong' | 'known fault';
}

const inEmu = (name: string) => path.join(rootDir, 'emu', name);
const FLAGS = ['-std=c99', '-O1', '-march=pentium2', '-mno-sse', '-s'];
const SIGILL = 4;

const levels: Readonly<Record<Machine['build'], ScannedLevel>> = { p2: 'pentium2', p3: 'pentium3' };

// The instructions of emu/probes.def.
export async function readProbes(): Promise<string[]> {
  const text = await readFile(inEmu('probes.def'), 'utf8');
  return [...text.matchAll(/^PROBE\("(.+)"\)$/gm)].map(([, instruction = '']) => instruction);
}

// Runs all probes on a machine, in one boot; `onPhase` is told what goes on.
export async function runProbes(
  machine: Machine,
  onPhase: (phase: string) => void = () => {},
): Promise<ProbeResult[]> {
  const probes = await readProbes();
  const result = await withScratch('probe', async (folder) => {
    const program = path.join(folder, 'probe');
    await compileMuslI386([inEmu('probe.c')], program, FLAGS);
    const runner = { name: machine.name, command: [program] as const, machine };
    return runAny({ runner, commands: probes.map((instruction) => [instruction]), onPhase });
  });
  return probes.map((instruction, index) =>
    judgeProbe(machine, instruction, result.commands[index]),
  );
}

// What a machine did, held against what its processor does.
export function judgeProbe(
  { build, emulator }: Pick<Machine, 'build' | 'emulator'>,
  instruction: string,
  result: Pick<CommandResult, 'exitCode' | 'signal'> | undefined,
): ProbeResult {
  const has = hasInstruction(levels[build], instruction);
  const runs = result?.exitCode === 0;
  const refused = result?.signal === SIGILL;
  const came = runs ? 'runs' : refused ? 'SIGILL' : `exit code ${result?.exitCode ?? 'unknown'}`;
  const isRight = has ? runs : refused;
  const isKnown = emulator === 'bochs' && has && refused && isUnpack(instruction);
  return { instruction, came, has, verdict: isRight ? 'right' : isKnown ? 'known fault' : 'wrong' };
}

// The fault of Bochs 2.7 for which there is the build p3-bochs.
function isUnpack(instruction: string): boolean {
  return withoutUnpack.some(({ mnemonic }) => instruction.startsWith(`${mnemonic} `));
}
