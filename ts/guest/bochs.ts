// How Bochs is called. Its processor models refuse what their processor lacks with the exception
// that the processor itself raises, which v86 and QEMU do not: Bochs is the gate.
import type { Machine } from './machines.ts';
import { FILES, lastLine, type PcEmulator } from './pc.ts';

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
  args: () => ['-q', '-f', CONFIG, '-rc', COMMANDS],
  files: (machine) => ({
    [CONFIG]: bochsConfig(machine),
    [COMMANDS]: GO_ON,
    [VGA_ROM]: new Uint8Array(512), // it insists on one, which nobody runs
  }),
  lastWords: (stderr) => LAST_WORDS.exec(stderr)?.[1] ?? lastLine(stderr),
};

// The configuration: one processor, memory, a serial port, the debug console, no disk. Time follows
// the instructions, and what goes wrong ends the emulator instead of asking.
export function bochsConfig({ model, mips, ramMb }: Machine): string {
  const instructionsPerSecond = mips * 1_000_000;
  const lines = [
    'config_interface: textconfig',
    'display_library: term',
    `cpu: model=${model}, count=1, ips=${instructionsPerSecond}, reset_on_triple_fault=0`,
    `memory: guest=${ramMb}, host=${ramMb}`,
    `romimage: file=${FILES.rom}`,
    `vgaromimage: file=${VGA_ROM}`,
    'clock: sync=none, time0=970358400', // 2000-10-01
    'pci: enabled=0',
    'plugin_ctrl: speaker=0', // and so no sound
    'port_e9_hack: enabled=1',
    `com1: enabled=1, mode=file, dev=${FILES.serial}`,
    `log: ${LOG}`,
    'panic: action=fatal',
    'error: action=report',
    'info: action=ignore',
    'debug: action=ignore',
  ];
  return `${lines.join('\n')}\n`;
}
