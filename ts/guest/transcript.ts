// Puts the frames of one boot together: facts, runs, result files. Knows nothing of the emulator, and
// works in a browser too.
import { joined } from '../support/bytes.ts';
import type { Frame } from './channel.ts';

// What came of one command.
export interface GuestRun {
  exitCode: number | null;
  signal: number | null;
  maxRssKb: number;
  /** Guest instructions from the program's start to its end, the kernel's work for it included. */
  instructions: number;
  stdout: string;
  stderr: string;
}

// What an exit frame says.
export function parseExit(bytes: Uint8Array): Pick<GuestRun, 'exitCode' | 'signal' | 'maxRssKb'> {
  const [status, signal, maxRssKb] = textOf(bytes).split(' ').map(Number);
  return {
    exitCode: signal ? null : (status ?? null),
    signal: signal || null,
    maxRssKb: maxRssKb ?? Number.NaN,
  };
}

// What a transcript waits for, and whom it tells.
export interface TranscriptOptions {
  /** Paths inside, in the order in which the job asks for them. */
  outputs: readonly string[];
  onStdout?: (line: string) => void;
  onStderr?: (line: string) => void;
  onPhase?: (phase: string) => void;
}

// One run while it lasts.
interface OpenRun {
  startedAt: number;
  stdout: Lines;
  stderr: Lines;
}

// All that one boot has said so far.
export class Transcript {
  cpuinfo = '';
  meminfo = '';
  readonly runs: GuestRun[] = [];
  readonly outputs = new Map<string, Uint8Array>();
  readonly missing = new Map<string, string>();
  readonly kernelLog: string[] = [];
  totalInstructions = 0;
  done = false;
  /** Called once, before the first program starts; may throw. */
  onFacts: (cpuinfo: string, meminfo: string) => void = () => {};
  readonly #options: TranscriptOptions;
  readonly #commandCount: number;
  readonly #pieces = new Map<number, Uint8Array[]>();
  #run: OpenRun | undefined;

  constructor(commandCount: number, options: TranscriptOptions) {
    this.#commandCount = commandCount;
    this.#options = options;
  }

  receive(frame: Frame): void {
    const { kind, index, bytes } = frame;
    this.totalInstructions = frame.instructions;
    switch (kind) {
      case 'cpuinfo':
      case 'meminfo':
        this[kind] += textOf(bytes); // ASCII
        return;
      case 'start':
        this.#start(frame);
        return;
      case 'out':
        this.#running(frame).stdout.push(bytes);
        return;
      case 'err':
        this.#running(frame).stderr.push(bytes);
        return;
      case 'exit':
        this.#exit(frame);
        return;
      case 'file':
        if (!this.#pieces.has(index)) {
          this.#options.onPhase?.(`bringing out ${this.#output(index)}`);
        }
        this.#pieces.set(index, [...(this.#pieces.get(index) ?? []), bytes]);
        return;
      case 'sent':
        this.#sent(index, Number(textOf(bytes)));
        return;
      case 'lost':
        this.missing.set(this.#output(index), textOf(bytes));
        return;
      case 'ready':
        return;
      case 'done':
        if (this.runs.length !== this.#commandCount) throw new Error('a command was not run');
        this.done = true;
    }
  }

  #start({ index, instructions }: Frame): void {
    if (index === 0) this.onFacts(this.cpuinfo, this.meminfo);
    if (this.#run || index !== this.runs.length) throw new Error(`command ${index} out of turn`);
    this.#options.onPhase?.(`running command ${index + 1} of ${this.#commandCount}`);
    this.#run = {
      startedAt: instructions,
      stdout: new Lines(this.#options.onStdout),
      stderr: new Lines(this.#options.onStderr),
    };
  }

  #running({ index, kind }: Frame): OpenRun {
    if (!this.#run || index !== this.runs.length) throw new Error(`${kind} frame out of turn`);
    return this.#run;
  }

  #exit(frame: Frame): void {
    const run = this.#running(frame);
    this.runs.push({
      ...parseExit(frame.bytes),
      instructions: frame.instructions - run.startedAt,
      stdout: run.stdout.end(),
      stderr: run.stderr.end(),
    });
    this.#run = undefined;
  }

  #sent(index: number, size: number): void {
    const file = joined(this.#pieces.get(index) ?? []);
    const output = this.#output(index);
    if (file.length !== size)
      throw new Error(`${output}: ${file.length} of ${size} bytes came out`);
    this.outputs.set(output, file);
  }

  #output(index: number): string {
    const output = this.#options.outputs[index];
    if (output === undefined) throw new Error(`result file ${index} was not asked for`);
    return output;
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

// A stream of text: kept whole, and passed on line by line while it comes.
class Lines {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #receive: ((line: string) => void) | undefined;
  #text = '';
  #passedOn = 0;

  constructor(receive?: (line: string) => void) {
    this.#receive = receive;
  }

  push(bytes: Uint8Array): void {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    for (;;) {
      const end = this.#text.indexOf('\n', this.#passedOn);
      if (end < 0) return;
      this.#receive?.(this.#text.slice(this.#passedOn, end));
      this.#passedOn = end + 1;
    }
  }

  // The whole text; a last line without its newline is passed on too.
  end(): string {
    this.#text += this.#decoder.decode();
    const rest = this.#text.slice(this.#passedOn);
    if (rest !== '') this.#receive?.(rest);
    return this.#text;
  }
}
