// The emulators of PCs as programs: what they are called with, and what becomes of one that does what
// it should not. A shell script stands for the emulator.
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { bochs, bochsConfig } from '../../ts/guest/bochs.ts';
import { findMachine } from '../../ts/guest/machines.ts';
import { type PcEmulator, startPc } from '../../ts/guest/pc.ts';
import type { Ended, MachineMessage } from '../../ts/guest/protocol.ts';
import { qemuArgs } from '../../ts/guest/qemu.ts';
import { fakeKernel, MB } from './fake_kernel.ts';

const machine = findMachine('p3-strict');
const boot = {
  kernel: fakeKernel(),
  initramfs: Buffer.from('files'),
  commandLine: '',
  ramBytes: 16 * MB,
};

// What is heard of a machine whose emulator is this script, and how it ended.
async function emulate(
  script: string,
  more: Partial<PcEmulator> = {},
  hear: (message: MachineMessage, stop: () => void) => void = () => {},
): Promise<{ ended: Ended; heard: string[] }> {
  const row = { ...bochs, command: 'sh', args: () => ['-c', script], ...more };
  const stop = new AbortController();
  const heard: string[] = [];
  const receive = (message: MachineMessage) => {
    if (message.type === 'frame')
      heard.push(`${message.frame.kind} ${Buffer.from(message.frame.bytes)}`);
    if (message.type === 'kernel') heard.push(`kernel ${message.line}`);
    if (message.type === 'fault') heard.push(`fault ${message.message}`);
    hear(message, () => stop.abort());
  };
  const ended = await startPc(row)({ machine, boot, token: 'ab' }, receive, stop.signal);
  return { ended, heard };
}

// Folders that a run has for itself.
function scratchFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`legacy-llm-sh-`));
}

describe('an emulator of a PC', () => {
  it('when it talks before the first frame, then that is no frame; the serial port is told', async () => {
    const script = `printf 'Welcome @\\n@ab out 0 3\\nabc@ab done 0 0\\n'; echo Linux > serial.txt`;
    const { ended, heard } = await emulate(script);
    expect(heard).toEqual(['out abc', 'done ', 'kernel Linux']);
    expect(ended.how).toBe('0');
  });

  it('when it starts, then its folder holds ROM, configuration and commands', async () => {
    const { heard } = await emulate('ls > serial.txt; wc -c < rom.bin >> serial.txt');
    expect(heard).toEqual(
      ['bochsrc', 'commands', 'rom.bin', 'serial.txt', 'vga.bin', String(2 * MB)].map(
        (line) => `kernel ${line}`,
      ),
    );
  });

  it('when it ends by itself, then its last words are told, and nothing is left', async () => {
    const script = `printf 'loading\\nBochs is exiting with the following message:\\n[CPU0  ] shut\\n===\\n' >&2; exit 1`;
    const { ended } = await emulate(script);
    expect(ended).toEqual({ how: '1', words: '[CPU0  ] shut' });
    expect(scratchFolders()).toEqual([]);
  });

  it('when it is stopped, then it ends at once, and nothing is left', async () => {
    const { ended } = await emulate("printf '@ab start 0 0\\n'; exec sleep 3600", {}, (_, stop) =>
      stop(),
    );
    expect(ended.how).toBe('SIGKILL');
    expect(scratchFolders()).toEqual([]);
  });

  it('when what comes is no frame, then that is a fault', async () => {
    const { heard } = await emulate("printf '@ab start 0 0\\nnoise\\n'");
    expect(heard).toEqual(['start ', 'fault the guest sent data that is not a frame: noise']);
  });

  it('when the program is not there, then its package is named', async () => {
    const started = emulate('', { command: 'no-such-emulator' });
    await expect(started).rejects.toThrow(
      'no-such-emulator is not installed (needed for p3-strict)',
    );
  });
});

describe('the rows', () => {
  it("when Bochs is asked for, then it has the machine's processor and memory, and never asks", () => {
    const lines = bochsConfig(machine).trim().split('\n');
    expect(lines).toContain(
      'cpu: model=p3_katmai, count=1, ips=200000000, reset_on_triple_fault=0',
    );
    expect(lines).toContain('memory: guest=64, host=64');
    expect(lines).toContain('port_e9_hack: enabled=1');
    expect(lines).toContain('panic: action=fatal');
    expect(lines.join('\n')).not.toMatch(/ask|ata0|floppy/);
    expect(bochsConfig(findMachine('p2-strict'))).toContain('model=p2_klamath');
  });

  it('when QEMU is asked for, then it has the same, without a display', () => {
    const words = qemuArgs(findMachine('p2-qemu')).join(' ');
    expect(words).toContain('-cpu pentium2 -m 64');
    expect(words).toContain('-display none');
    expect(words).toContain('-debugcon stdio');
  });
});
