// What the counts would mean on silicon: a projection, with the formula and each assumption shown.
import { findMachine } from '../guest/machines.ts';
import type { ReportData } from './data.ts';
import { perGeneratedToken, perTrainedToken } from './derived.ts';

// How a projection is made, in words.
export const FORMULA =
  'seconds per token = instructions per token / (clock x IPC) + bytes per token / memory bandwidth';

// Assumptions, not measurements: instructions per cycle, and what a laptop's SDRAM moves in practice.
export const ASSUMED_IPC = [0.5, 1] as const;
// Bytes a second.
export const ASSUMED_BANDWIDTH = 300e6;

// The form of the bench whose bytes belong to a build.
const FORM_OF_BUILD: Readonly<Record<string, string>> = { p2: 'plain', p3: 'fast' };

// The seconds of one kind of work on one laptop.
export interface Projection {
  runner: string;
  work: 'train' | 'generate';
  instructions: number;
  /** Bytes that a token moves; null where no bench told. */
  bytes: number | null;
  clock: number;
  ipc: number;
  seconds: number;
}

// Both kinds of work on each laptop at each IPC.
export function projections(data: ReportData): Projection[] {
  return data.runners.flatMap((row) => {
    if (row.machine === null || row.skipped !== null) return [];
    // The profile's instructions in a microsecond, read as its clock in MHz.
    const clock = findMachine(row.machine).mips * 1e6;
    const form = FORM_OF_BUILD[row.target] ?? 'plain';
    return (['train', 'generate'] as const).flatMap((work) => {
      const instructions = work === 'train' ? perTrainedToken(row) : perGeneratedToken(row);
      if (instructions === undefined) return [];
      const bytes = bytesPerToken(data, work === 'train' ? 'step' : 'generate', form);
      return ASSUMED_IPC.map((ipc) => {
        const seconds = instructions / (clock * ipc) + (bytes ?? 0) / ASSUMED_BANDWIDTH;
        return { runner: row.runner, work, instructions, bytes, clock, ipc, seconds };
      });
    });
  });
}

function bytesPerToken({ phases }: ReportData, phase: string, form: string): number | null {
  const row = phases.find((each) => each.phase === phase && each.form === form);
  return row && row.units > 0 ? row.bytes / row.units : null;
}
