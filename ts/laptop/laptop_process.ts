// The process that is a laptop with disks and a serial line: v86, with files as its disks. A process of
// its own for the reasons of ts/guest/v86_process.ts. Ends when the driver hangs up.
import type { V86Options } from 'v86';
import type { Frame } from '../guest/channel.ts';
import { faultText, wasmOf, watchProcess } from '../guest/machine_process.ts';
import { DiskFile } from './disk_file.ts';
import type { LaptopDisk, LaptopMessage, LaptopOrder, LaptopStart } from './protocol.ts';
import { SerialMachine } from './serial_machine.ts';

function send(message: LaptopMessage): void {
  process.send?.(message);
}

function fault(error: unknown): void {
  send({ type: 'fault', message: faultText(error) });
}

class Laptop {
  readonly #order: LaptopStart;
  readonly #machine: SerialMachine;
  readonly #disk: DiskFile | undefined;
  #isCut = false;

  constructor(order: LaptopStart) {
    this.#order = order;
    this.#machine = new SerialMachine(order, {
      onFrame: (frame) => this.#tell(frame),
      onConsole: (bytes) => send({ type: 'console', bytes }),
      onIdle: (inputs) => send({ type: 'idle', inputs }),
      onHalted: () => send({ type: 'halted' }),
      onFault: fault,
    });
    if (order.disk) this.#disk = this.#openDisk(order.disk);
  }

  async start(): Promise<void> {
    await this.#machine.start(await wasmOf(this.#order.cpu), this.#drives());
  }

  input(bytes: Uint8Array): void {
    this.#machine.input(bytes);
  }

  async save(): Promise<void> {
    await this.#machine.stop();
    this.#disk?.close();
    const state = await this.#machine.state();
    if (state) send({ type: 'state', state });
  }

  #tell(frame: Frame): void {
    if (frame.kind === 'done') this.#disk?.sync();
    if (frame.kind === 'ready' && this.#order.saveWhenReady) void this.save().catch(fault);
    if (!this.#isCut) send({ type: 'frame', frame });
  }

  // ---- disk ----

  #openDisk({ file, told = false, cutAt = Number.POSITIVE_INFINITY }: LaptopDisk): DiskFile {
    return new DiskFile(file, (offset, bytes) => {
      const { instructions } = this.#machine;
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
