// The process that is the emulated laptop: it starts v86 with the image it is sent and passes
// frames and kernel messages on. A process of its own, since v86 throws from its timers, its memory
// grows, and its clock replaces the process' own. Ends when the driver hangs up.
import type { V86Options } from 'v86';
import { FrameReader } from './channel.ts';
import { GuestClock, hookImports, InstructionCounter, installGuestClock } from './deterministic.ts';
import { lineCollector } from './lines.ts';
import type { MachineMessage, StartMessage } from './protocol.ts';
import { exactBuffer, faultText, tapChannel, v86Options, watchProcess } from './v86_machine.ts';

// The parts of a running v86 that its types leave out.
interface V86Inside {
  v86?: { cpu: { in_hlt: Uint8Array } };
  get_instruction_counter(): number;
}

function send(message: MachineMessage): void {
  process.send?.(message);
}

function fault(error: unknown): void {
  send({ type: 'fault', message: faultText(error) });
}

async function start(message: StartMessage): Promise<void> {
  let inside: V86Inside | undefined;
  const counter = new InstructionCounter(() => inside?.get_instruction_counter() ?? 0);
  const clock = new GuestClock(counter, message.mips);
  installGuestClock(clock);
  const reader = new FrameReader(
    message.token,
    () => counter.total(),
    (frame) => send({ type: 'frame', frame }),
  );
  const halted = () => inside?.v86?.cpu.in_hlt[0] === 1;
  const hook = (env: WebAssembly.ModuleImports) => {
    tapChannel(env, reader);
    return hookImports(env, { clock, halted });
  };
  const options: V86Options = {
    ...(await v86Options({ ...message, hook })),
    multiboot: { buffer: exactBuffer(message.image) },
  };
  const { V86 } = await import('v86');
  const machine = new V86(options);
  inside = machine as unknown as V86Inside;
  const log = lineCollector((line) => send({ type: 'kernel', line }));
  machine.add_listener('serial0-output-byte', log);
  // Not among the typed events: the processor halted with interrupts off, for good.
  machine.add_listener('cpu-event-halt' as 'emulator-stopped', () => send({ type: 'halted' }));
  machine.add_listener('emulator-loaded', () => void machine.run().catch(fault));
}

watchProcess(fault);
process.once('message', (message) => {
  start(message as StartMessage).catch(fault);
});
