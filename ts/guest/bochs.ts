// How Bochs is called. Its processor models refuse what their processor lacks with the exception
// that the processor itself raises, which v86 and QEMU do not: Bochs is the gate.
import type { Machine } from './machines.ts';
import { FILES, lastLine, type PcEmulator } from './pc.ts';

/** The processor of a computer in Bochs. */
type BochsProcessor = Pick<Machine, 'model' | 'mips' | 'ramMb'>;

const CONFIG = 'bochsrc';
const COMMANDS = 'commands';
const VGA_ROM = 'vga.bin';
const LOG = 'bochs.log';

// Debian's Bochs has a debugger in it, which waits for a word before it lets the machine run.
const GO_ON = 'continue\n';

// What it writes before the reason when it ends by itself.
const LAST_WORDS = /Bochs is exiting with the following message:\n([^\n]*)/;

// Display "term" draws nothing as long as the machine does not use its VGA; it needs no terminal.
export const bochs: PcEmulator = {
  command: 'bochs',
  args: () => BOCHS_ARGS,
  files: (machine) => ({
    ...bochsFiles(bochsConfig(machine)),
    [VGA_ROM]: new Uint8Array(512), // it insists on one, which nobody runs
  }),
  lastWords: (stderr) => LAST_WORDS.exec(stderr)?.[1] ?? lastLine(stderr),
};

// How it is started in a folder with these files.
export const BOCHS_ARGS: readonly string[] = ['-q', '-f', CONFIG, '-rc', COMMANDS];
export const bochsFiles = (config: string) => ({ [CONFIG]: config, [COMMANDS]: GO_ON });

// What every computer in Bochs has: the processor and its memory. Time follows the instructions, and
// what goes wrong ends the emulator instead of asking.
export function bochsLines({ model, mips, ramMb }: BochsProcessor): string[] {
  const instructionsPerSecond = mips * 1_000_000;
  return [
    'config_interface: textconfig',
    `cpu: model=${model}, count=1, ips=${instructionsPerSecond}, reset_on_triple_fault=0`,
    `memory: guest=${ramMb}, host=${ramMb}`,
    'clock: sync=none, time0=970358400', // 2000-10-01
    'plugin_ctrl: speaker=0', // and so no sound
    `log: ${LOG}`,
    'panic: action=fatal',
    'error: action=report',
    'info: action=ignore',
    'debug: action=ignore',
  ];
}

// The configuration: one processor, memory, a serial port, the debug console, no disk.
export function bochsConfig(machine: Machine): string {
  const lines = [
    ...bochsLines(machine),
    'display_library: term',
    `romimage: file=${FILES.rom}`,
    `vgaromimage: file=${VGA_ROM}`,
    'pci: enabled=0',
    'port_e9_hack: enabled=1',
    `com1: enabled=1, mode=file, dev=${FILES.serial}`,
  ];
  return `${lines.join('\n')}\n`;
}
