// What a laptop that a person uses starts from, as that of `npm run emu:shell` does: a shell at its serial
// line. Knows no element of the page.
import type { Machine } from '../../../ts/guest/machine.ts';
import type { BootParts } from '../../../ts/guest/multiboot.ts';
import { SHELL, type ShellParts, shellBoot } from '../../../ts/laptop/shell_boot.ts';
import type { LaptopKit } from '../../../ts/web/laptop_kit.ts';

/** What is switched on, and what it has in it. */
export interface Use {
  machine: Machine;
  parts: Pick<ShellParts, 'kernel' | 'init' | 'busybox' | 'program'>;
  /** By their paths inside. */
  files: Readonly<Record<string, Uint8Array>>;
  /** Of the terminal that is its console. */
  screen: { rows: number; columns: number };
}

const MB = 1024 * 1024;

// What the machine starts from.
export function bootOfShell(kit: LaptopKit, { machine, parts, files, screen }: Use): BootParts {
  const { token, commandLine } = kit;
  return shellBoot({
    ...{ ...parts, files, token, commandLine, command: [SHELL] },
    console: { kind: 'terminal', ...screen },
    ramBytes: machine.ramMb * MB,
  });
}
