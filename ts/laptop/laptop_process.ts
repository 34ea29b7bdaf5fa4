// The process that is a laptop with disks and a serial line: v86, with files as its disks. A process of
// its own for the reasons of ts/guest/v86_process.ts. Ends when the driver hangs up.
import type { V86, V86Options } from 'v86';
import { type Frame, FrameReader } from '../guest/channel.ts';
import {
  GuestClock,
  hookImports,
  InstructionCounter,
  installGuestClock,
} from '../guest/deterministic.ts';
import { faultText, wasmOf, watchProcess } from '../guest/machine_process.ts';
import {
  exactBuffer,
  type Hook,
  tapChannel,
  type V86Inside,
  v86Options,
} from '../guest/v86_machine.ts';
import { DiskFile } from './disk_file.ts';
import type { LaptopDisk, LaptopMessage, LaptopOrder, LaptopStart } from './protocol.ts';
import { SerialInput } from './serial_input.ts';

function send(message: LaptopMessage): void {
  process.send?.(message);
}

function fault(error: unknown): void {
  send({ type: 'fault', message: faultText(error) });
}

class Laptop {
  readonly #order: LaptopStart;
  readonly #counter = new InstructionCounter(() => this.#inside?.get_instruction_counter() ?? 0);
  readonly #disk: DiskFile | undefined;
  readonly #input: SerialInput;
  #machine: V86 | undefined;
  #console: number[] = [];
  #isCut = false;

  constructor(order: LaptopStart) {
    this.#order = order;
    if (order.disk) this.#disk = this.#openDisk(order.disk);
    this.#input = new SerialInput({
      send: (bytes) => this.#machine?.serial_send_bytes(0, bytes),
      isHalted: () => this.#halted(),
      onIdle: () => send({ type: 'idle' }),
    });
  }

  async start(): Promise<void> {
    const { clock, cpu, from, ramBytes } = this.#order;
    const hook = clock === 'instructions' ? this.#exactHook() : this.#plainHook();
    const options: V86Options = {
      ...v86Options({ wasm: await wasmOf(cpu), ramBytes, hook }),
      ...('image' in from
        ? { multiboot: { buffer: exactBuffer(from.image) } }
        : { initial_state: { buffer: exactBuffer(from.state) } }),
      ...this.#drives(),
      disable_jit: !this.#order.jit,
    };
    const { V86 } = await import('v86');
    this.#machine = new V86(options);
    this.#listen(this.#machine);
  }

  // A laptop that goes on is past its start mark.
  #listen(machine: V86): void {
    machine.add_listener('serial0-output-byte', (byte) => this.#write(byte));
    machine.add_listener(
      'serial0-request-to-send-output' as 'emulator-stopped',
      ((ready: boolean) => this.#input.setReady(ready)) as unknown as () => void,
    );
    machine.add_listener('cpu-event-halt' as 'emulator-stopped', () => send({ type: 'halted' }));
    machine.add_listener('emulator-loaded', () => {
      machine.serial_set_clear_to_send(0, true);
      if ('state' in this.#order.from) this.#input.begin(true);
      void machine.run().catch(fault);
    });
  }

  get #inside(): V86Inside | undefined {
    return this.#machine as unknown as V86Inside | undefined;
  }

  #halted(): boolean {
    return this.#inside?.v86?.cpu.in_hlt[0] === 1;
  }

  // ---- clock and frames ----

  // Time, random numbers and translated code depend on the instructions alone.
  #exactHook(): Hook {
    const clock = new GuestClock(this.#counter, this.#order.mips);
    installGuestClock(clock);
    return (env) => {
      tapChannel(env, this.#reader());
      return hookImports(env, { clock, halted: () => this.#halted() });
    };
  }

  #plainHook(): Hook {
    return (env) => {
      tapChannel(env, this.#reader());
      return () => {};
    };
  }

  #reader(): FrameReader {
    const { token } = this.#order;
    return new FrameReader(
      token,
      () => this.#counter.total(),
      (frame) => this.#tell(frame),
    );
  }

  #tell(frame: Frame): void {
    this.#flush();
    if (frame.kind === 'start') this.#input.begin();
    if (frame.kind === 'done') this.#disk?.sync();
    if (frame.kind === 'ready' && this.#order.saveWhenReady) void this.save().catch(fault);
    if (!this.#isCut) send({ type: 'frame', frame });
  }

  // ---- serial line ----

  #write(byte: number): void {
    if (this.#console.length === 0) setImmediate(() => this.#flush());
    this.#console.push(byte);
  }

  #flush(): void {
    if (this.#console.length > 0) send({ type: 'console', bytes: Buffer.from(this.#console) });
    this.#console = [];
  }

  input(bytes: Uint8Array): void {
    this.#input.push(bytes);
  }

  // ---- disk ----

  #openDisk({ file, told = false, cutAt = Number.POSITIVE_INFINITY }: LaptopDisk): DiskFile {
    return new DiskFile(file, (offset, bytes) => {
      const instructions = this.#counter.total();
      if (instructions >= cutAt) this.#cut();
      else if (told) send({ type: 'write', write: { instructions, offset, bytes } });
      return !this.#isCut;
    });
  }

  #cut(): void {
    if (!this.#isCut) send({ type: 'cut' });
    this.#isCut = true;
  }

  #drives(): Pick<V86Options, 'hda' | 'fda'> {
    if (!this.#disk) return {};
    const disk = this.#disk as unknown as NonNullable<V86Options['hda']>;
    return this.#order.disk?.drive === 'floppy' ? { fda: disk } : { hda: disk };
  }

  // ---- saving ----

  async save(): Promise<void> {
    await this.#machine?.stop();
    this.#disk?.close();
    const state = await this.#machine?.save_state();
    if (state) send({ type: 'state', state: new Uint8Array(state) });
  }
}

let laptop: Laptop | undefined;

async function obey(order: LaptopOrder): Promise<void> {
  switch (order.type) {
    case 'start':
      laptop = new Laptop(order);
      return laptop.start();
    case 'input':
      return laptop?.input(order.bytes);
    case 'save':
      return laptop?.save();
  }
}

watchProcess(fault);
process.on('message', (order: LaptopOrder) => {
  obey(order).catch(fault);
});
