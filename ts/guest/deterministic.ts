// Makes the emulator's run depend on nothing but its input: time is derived from the number of
// executed instructions, random numbers come from a seed, and translated code is put into use at
// fixed instruction counts. The same image then executes the same instructions on every host.

// Counts upwards for ever from a 32-bit counter that wraps; must be asked at least once per wrap.
export class InstructionCounter {
  readonly #read: () => number;
  #last = 0;
  #wrapped = 0;

  constructor(read: () => number) {
    this.#read = read;
  }

  // Instructions since the start.
  total(): number {
    const value = this.#read();
    if (value < this.#last) this.#wrapped += 2 ** 32;
    this.#last = value;
    return this.#wrapped + value;
  }
}

// The emulated clock, in milliseconds: instructions at the machine's rate, and the time it slept.
export class GuestClock {
  readonly #counter: InstructionCounter;
  readonly #instructionsPerMs: number;
  #slept = 0;

  constructor(counter: InstructionCounter, mips: number) {
    this.#counter = counter;
    this.#instructionsPerMs = mips * 1000;
  }

  now(): number {
    return this.#counter.total() / this.#instructionsPerMs + this.#slept;
  }

  // The processor is halted until the next timer: pass that time without waiting for it.
  sleep(milliseconds: number): void {
    this.#slept += Math.max(0, milliseconds) + SLEEP_MARGIN_MS;
  }
}

// Enough to be past the timer in spite of rounding.
const SLEEP_MARGIN_MS = 0.002;

// The Date of the guest's first moment: 2000-10-01, whatever the host's calendar says.
export const GUEST_EPOCH_MS = Date.UTC(2000, 9, 1);

// Replaces the host's clocks in this process, before v86 is imported: it takes hold of them then.
export function installGuestClock(clock: GuestClock): void {
  performance.now = () => clock.now();
  Date.now = () => GUEST_EPOCH_MS + Math.floor(clock.now());
}

// What the hooks need of the running emulator.
export interface MachineState {
  clock: GuestClock;
  /** Whether the processor waits for an interrupt. */
  halted: () => boolean;
}

type HostFunction = (...args: number[]) => number | undefined;

// Puts deterministic versions of time, random numbers and code publication into v86's imports.
// Returns what must be called with the exports of the instance once it exists.
export function hookImports(
  env: WebAssembly.ModuleImports,
  state: MachineState,
): (exports: WebAssembly.Exports) => void {
  const compiled = new CompiledCode(env.__indirect_function_table as WebAssembly.Table);
  const runTimers = env.run_hardware_timers as HostFunction;
  env.microtick = () => state.clock.now();
  env.get_rand_int = seededRandom(1);
  env.codegen_finalize = compiled.add.bind(compiled);
  // v86 calls this every 100,000 instructions or so, and whenever the processor halts.
  env.run_hardware_timers = (acpi: number, now: number): number => {
    compiled.publish();
    const untilNext = runTimers(acpi, now) ?? 0;
    if (!state.halted()) return untilNext;
    state.clock.sleep(untilNext);
    return 0;
  };
  return (exports) => compiled.setExports(exports);
}

interface Translation {
  index: number;
  physicalPage: number;
  stateFlags: number;
  run: unknown;
}

// v86's own code lies in the first entries of its table; translations follow.
const FIRST_TRANSLATION = 1024;

// Translated guest code: compiled at once, put into use at the next call of `publish`.
class CompiledCode {
  readonly #table: WebAssembly.Table;
  #exports: WebAssembly.Exports = {};
  #imports: WebAssembly.ModuleImports = {};
  #waiting: Translation[] = [];

  constructor(table: WebAssembly.Table) {
    this.#table = table;
  }

  // Translations import v86's memory as "m" and its helpers by their own names.
  setExports(exports: WebAssembly.Exports): void {
    this.#exports = exports;
    this.#imports = { m: exports.memory as WebAssembly.ImportValue };
    for (const [name, value] of Object.entries(exports)) {
      if (!/^_|^zstd|_js$/.test(name)) this.#imports[name] = value;
    }
  }

  add(index: number, physicalPage: number, stateFlags: number, at: number, size: number): void {
    const { buffer } = this.#exports.memory as { buffer: ArrayBuffer };
    const code = new Uint8Array(buffer, at >>> 0, size >>> 0).slice();
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { e: this.#imports });
    this.#waiting.push({ index, physicalPage, stateFlags, run: instance.exports.f });
  }

  publish(): void {
    if (this.#waiting.length === 0) return;
    const finish = this.#exports.codegen_finalize_finished as HostFunction;
    for (const { index, physicalPage, stateFlags, run } of this.#waiting.splice(0)) {
      this.#table.set(index + FIRST_TRANSLATION, run);
      finish(index, physicalPage, stateFlags);
    }
  }
}

// 32-bit numbers from a fixed seed (xorshift): the guest's RDRAND and v86's own needs.
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state | 0;
  };
}
