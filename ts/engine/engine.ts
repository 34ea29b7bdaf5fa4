// The library in an instance of WebAssembly, as functions of JavaScript values: one training and one
// model in use. It runs in a Worker of the page and in a thread of Node (ts/serve), and knows nothing
// of either. What the functions compute stands in web/wasm/page.c, whose enums the lists of names here
// repeat.

// What the instance exports: addresses and numbers.
interface Exports {
  memory: { buffer: ArrayBuffer };
  _initialize(): void;
  page_start(): number;
  page_kernels(): number;
  page_message(): number;
  page_take(bytes: number): number;
  page_give(block: number): void;
  page_preset_name(index: number): number;
  page_preset_about(index: number): number;
  page_preset_steps(index: number): number;
  page_close_training(): void;
  page_plan(
    text: number,
    size: number,
    preset: number,
    steps: number,
    seed: number,
    counts: number,
  ): number;
  page_plan_resumed(
    text: number,
    size: number,
    file: number,
    fileSize: number,
    steps: number,
  ): number;
  page_memory(): number;
  page_memory_name(kind: number): number;
  page_shape(): number;
  page_begin(): number;
  page_steps_done(): number;
  page_step(): number;
  page_evaluate(most: number): number;
  page_save(): number;
  page_written(): number;
  page_written_bytes(): number;
  page_open_model(file: number, size: number): number;
  page_model(): number;
  page_prompt(prompt: number, size: number): number;
  page_prompt_tokens(): number;
  page_piece(): number;
  page_write(
    temperature: number,
    topK: number,
    topP: number,
    seed: number,
    counter: number,
  ): number;
  page_export(file: number, size: number): number;
  page_matrix(layer: number, which: number): number;
  page_codes(layer: number, which: number, codes: number): void;
  page_pack(codes: number, count: number, packed: number): number;
  page_positions(): number;
  page_token(position: number): number;
  page_attention(layer: number, head: number): number;
}

const SHAPE = [
  ...(['layers', 'heads', 'dim', 'context', 'vocab', 'batch', 'steps', 'tokens'] as const),
  'weights',
] as const;
const STEP = ['step', 'loss', 'tokens', 'gradientNorm', 'weights', 'flipped', 'zeros'] as const;
const LOSSES = ['both', 'transformer', 'counts'] as const;
const MODEL = [
  ...(['contents', 'step', 'steps', 'layers', 'heads', 'dim', 'context', 'vocab'] as const),
  'weights',
] as const;

type Named<Names extends readonly string[]> = Record<Names[number], number>;

/** What a training is; `weights` are those in matrices. */
export type Shape = Named<typeof SHAPE>;
/** What a step did: loss in nats per token, weights that changed, weights that are 0. */
export type Step = Named<typeof STEP>;
/** Held-out losses in nats per token. */
export type Losses = Named<typeof LOSSES>;
/** What a file holds; contents 0: a training, 1: a model alone. */
export type ModelFacts = Named<typeof MODEL>;

export interface Preset {
  name: string;
  about: string;
  steps: number;
}

/** As the options of `legacy_llm train`; counts in bytes, otherwise those of the preset. */
export interface TrainSettings {
  preset: string;
  steps: number;
  seed: number;
  counts?: number;
}

/** Bytes that memory of one kind takes. */
export interface MemoryPart {
  name: string;
  bytes: number;
}

/** How the next token is drawn, as the options of `legacy_llm generate`. */
export interface Sampling {
  temperature: number;
  topK: number;
  topP: number;
  seed: number;
}

/** What `legacy_llm generate` does where nothing is asked for. */
export const defaultSampling: Sampling = { temperature: 0.6, topK: 0, topP: 0.8, seed: 1 };
/** How many tokens it then writes at most. */
export const DEFAULT_TOKENS = 400;

/** The codes -1, 0, 1 of a matrix, row by row. */
export interface Matrix {
  rows: number;
  columns: number;
  packedBytes: number;
  codes: Int8Array<ArrayBuffer>;
}

/** How much the last position attends to each, by their tokens. */
export interface Attention {
  tokens: string[];
  shares: number[];
}

// The names of the matrices of a layer, in their order.
export const MATRICES = ['wq', 'wk', 'wv', 'wo', 'wup', 'wdown'] as const;

// Something that the library refuses, or cannot do here: one line, for people.
export class EngineError extends Error {
  override name = 'EngineError';
}

export class Engine {
  readonly #wasm: Exports;
  #text = 0;
  #file = 0;

  constructor(module: WebAssembly.Module) {
    const env = { emscripten_notify_memory_growth: () => {} };
    this.#wasm = new WebAssembly.Instance(module, { env }).exports as unknown as Exports;
    this.#wasm._initialize();
    const refusal = this.#wasm.page_start();
    if (refusal !== 0) throw new EngineError(`this build cannot work here: ${this.#name(refusal)}`);
  }

  // The kernels of this build: "plain C", "WebAssembly SIMD".
  get kernels(): string {
    return this.#name(this.#wasm.page_kernels());
  }

  get presets(): Preset[] {
    const all: Preset[] = [];
    for (let index = 0; this.#wasm.page_preset_name(index) !== 0; index++) {
      all.push({
        name: this.#name(this.#wasm.page_preset_name(index)),
        about: this.#name(this.#wasm.page_preset_about(index)),
        steps: this.#wasm.page_preset_steps(index),
      });
    }
    return all;
  }

  // ---- a training ----

  // Plans a new training; what was trained before is gone.
  plan(text: Uint8Array, { preset, steps, seed, counts = -1 }: TrainSettings): Shape {
    const index = this.presets.findIndex(({ name }) => name === preset);
    this.#keepText(text);
    this.#must(this.#wasm.page_plan(this.#text, text.length, index, steps, seed, counts));
    return this.#shape();
  }

  // Plans to go on with a checkpoint, up to so many steps where these are more than its own.
  planResumed(text: Uint8Array, file: Uint8Array, steps: number): Shape {
    this.#keepText(text);
    this.#file = this.#copyIn(file);
    const { length } = file;
    this.#must(this.#wasm.page_plan_resumed(this.#text, text.length, this.#file, length, steps));
    return this.#shape();
  }

  // The memory of what is planned, exactly.
  memory(): MemoryPart[] {
    const parts: MemoryPart[] = [];
    for (let kind = 0; this.#wasm.page_memory_name(kind) !== 0; kind++) {
      const name = this.#name(this.#wasm.page_memory_name(kind));
      parts.push({ name, bytes: this.#doubles(this.#wasm.page_memory(), kind + 1)[kind] ?? 0 });
    }
    return parts;
  }

  // Begins what is planned: reads the text and counts its n-grams.
  begin(): void {
    this.#must(this.#wasm.page_begin());
  }

  get stepsDone(): number {
    return this.#wasm.page_steps_done();
  }

  step(): Step {
    return this.#named(STEP, this.#wasm.page_step());
  }

  // Judges by at most so many tokens of the held-out tenth; changes no bit of the training.
  evaluate(most: number): Losses {
    return this.#named(LOSSES, this.#wasm.page_evaluate(most));
  }

  // The checkpoint, as `legacy_llm train` writes it.
  save(): Uint8Array<ArrayBuffer> {
    this.#must(this.#wasm.page_save());
    return this.#written();
  }

  // A matrix of the training as it is now; undefined where there is none.
  matrix(layer: number, which: number): Matrix | undefined {
    const at = this.#wasm.page_matrix(layer, which);
    if (at === 0) return undefined;
    const [rows = 0, columns = 0, packedBytes = 0] = this.#doubles(at, 3);
    const block = this.#take(rows * columns);
    this.#wasm.page_codes(layer, which, block);
    const codes = new Int8Array(this.#wasm.memory.buffer.slice(block, block + rows * columns));
    this.#wasm.page_give(block);
    return { rows, columns, packedBytes, codes };
  }

  // The bytes that codes take, five to each.
  pack(codes: Int8Array): Uint8Array<ArrayBuffer> {
    const block = this.#take(2 * codes.length);
    const packed = block + codes.length;
    new Int8Array(this.#wasm.memory.buffer).set(codes, block);
    const bytes = this.#copyOut(packed, this.#wasm.page_pack(block, codes.length, packed));
    this.#wasm.page_give(block);
    return bytes;
  }

  // ---- a model in use ----

  // Opens a checkpoint or an exported model, to write.
  openModel(file: Uint8Array): ModelFacts {
    this.#withCopy(file, (at) => this.#must(this.#wasm.page_open_model(at, file.length)));
    return this.#named(MODEL, this.#wasm.page_model());
  }

  // Begins a text; gives how many tokens that is.
  prompt(text: string): number {
    const bytes = new TextEncoder().encode(text);
    this.#withCopy(bytes, (at) => this.#must(this.#wasm.page_prompt(at, bytes.length)));
    return this.#wasm.page_prompt_tokens();
  }

  // The bytes of token number `counter` after the prompt; undefined where the document ends.
  write({ temperature, topK, topP, seed }: Sampling, counter: number): Uint8Array | undefined {
    const bytes = this.#wasm.page_write(temperature, topK, topP, seed, counter);
    if (bytes < 0) throw this.#refusal();
    return bytes === 0 ? undefined : this.#copyOut(this.#wasm.page_piece(), bytes);
  }

  // The model alone, packed, as `legacy_llm export` writes it.
  export(file: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#withCopy(file, (at) => this.#must(this.#wasm.page_export(at, file.length)));
    return this.#written();
  }

  // What the last position that was read looks at, in one head; undefined where nothing was read.
  attention(layer: number, head: number): Attention | undefined {
    const at = this.#wasm.page_attention(layer, head);
    const count = this.#wasm.page_positions();
    if (at === 0) return undefined;
    const shares = [...new Float32Array(this.#wasm.memory.buffer, at, count)];
    const decoder = new TextDecoder();
    const token = (_share: number, position: number) => {
      const bytes = this.#wasm.page_token(position);
      return decoder.decode(this.#copyOut(this.#wasm.page_piece(), bytes));
    };
    return { tokens: shares.map(token), shares };
  }

  // ---- memory ----

  #keepText(text: Uint8Array): void {
    this.#wasm.page_close_training();
    this.#wasm.page_give(this.#text);
    this.#wasm.page_give(this.#file);
    this.#text = this.#file = 0;
    this.#text = this.#copyIn(text);
  }

  #take(bytes: number): number {
    const block = this.#wasm.page_take(bytes);
    this.#must(block);
    return block;
  }

  #copyIn(bytes: Uint8Array): number {
    const block = this.#take(bytes.length);
    new Uint8Array(this.#wasm.memory.buffer).set(bytes, block);
    return block;
  }

  #copyOut(at: number, bytes: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#wasm.memory.buffer.slice(at, at + bytes));
  }

  #withCopy(bytes: Uint8Array, use: (at: number) => void): void {
    const at = this.#copyIn(bytes);
    try {
      use(at);
    } finally {
      this.#wasm.page_give(at);
    }
  }

  #written(): Uint8Array<ArrayBuffer> {
    return this.#copyOut(this.#wasm.page_written(), this.#wasm.page_written_bytes());
  }

  #doubles(at: number, count: number): number[] {
    return [...new Float64Array(this.#wasm.memory.buffer, at, count)];
  }

  #named<Names extends readonly string[]>(names: Names, at: number): Named<Names> {
    this.#must(at);
    const values = this.#doubles(at, names.length);
    return Object.fromEntries(names.map((name, i) => [name, values[i]])) as Named<Names>;
  }

  #shape(): Shape {
    return this.#named(SHAPE, this.#wasm.page_shape());
  }

  // The text that ends with a zero byte.
  #name(at: number): string {
    const bytes = new Uint8Array(this.#wasm.memory.buffer);
    return new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
  }

  #must(good: number): void {
    if (good === 0) throw this.#refusal();
  }

  #refusal(): EngineError {
    return new EngineError(this.#name(this.#wasm.page_message()));
  }
}
