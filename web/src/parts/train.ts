// The part of the page that trains: the text, the settings, a Worker, and what comes of it.
import type { Preset, Step } from '../../../ts/engine/engine.ts';
import { ModelWorker } from '../model/client.ts';
import { loadProgram } from '../model/load.ts';
import { totalOf } from '../model/memory.ts';
import type {
  BuildName,
  Event,
  MatrixPlace,
  Planned,
  Stopped,
  SummedFile,
} from '../model/protocol.ts';
import { LossChart } from './chart.ts';
import { type Beginning, commandOf } from './command.ts';
import { button, find, formatLoss, formatWhole, input, numberOf, say, wordsOf } from './dom.ts';
import { onChosen, onDropped, save } from './files.ts';
import { NewestChoice, type OpenedFile } from './opened.ts';
import { downloadStories, STORIES } from './stories.ts';

/** Who shows more of a training. */
export interface Watcher {
  planned?(planned: Planned): void;
  event?(event: Event): void;
  stopped?(stopped: Stopped): void;
}

export class TrainPart {
  readonly #chart = new LossChart('chart');
  readonly #watchers: readonly Watcher[];
  #worker = this.#makeWorker('wasm-simd');
  #presets: Preset[] = [];
  readonly #choice = new NewestChoice();
  #text: OpenedFile | undefined;
  #trains = false;
  #beginning: Beginning | undefined;
  #planned: Planned | undefined;
  #checkpoint: SummedFile | undefined;

  constructor(watchers: readonly Watcher[]) {
    this.#watchers = watchers;
    this.#connectText();
    this.#connectSettings();
    this.#connectButtons();
    void this.#load('wasm-simd');
  }

  get checkpoint(): SummedFile | undefined {
    return this.#checkpoint;
  }

  // What is to be trained on, if anything.
  get text(): OpenedFile | undefined {
    return this.#text;
  }

  // Which matrix the events bring along; there is none before a training is planned.
  async watch(place: MatrixPlace) {
    return this.#planned && this.#worker.call('watch', place);
  }

  pack(codes: Int8Array<ArrayBuffer>) {
    return this.#worker.call('pack', codes);
  }

  // Goes on with a checkpoint of the text that is there, up to the steps that the field asks for.
  async resume(checkpoint: Uint8Array): Promise<void> {
    const text = this.#text;
    if (!text) throw new Error('open the text of this checkpoint first, under Train');
    if (this.#trains) throw new Error('stop the present training first');
    const { bytes, name } = text;
    const order = { text: bytes, name, checkpoint, steps: numberOf('steps') };
    this.#beginning = { text: inCommand(name) };
    await this.#run(() => this.#worker.call('resume', order));
  }

  // ---- text ----

  #connectText(): void {
    const area = find('text', HTMLTextAreaElement);
    const take = (chosen: Promise<OpenedFile>) => void this.#takeOnceThere(chosen, area);
    onChosen('choose-text', 'text-file', take);
    onDropped('drop', take);
    area.addEventListener('input', () => {
      const bytes = new TextEncoder().encode(area.value);
      this.#choice.overtake();
      this.#take(bytes.length > 0 ? { name: 'the pasted text', bytes } : undefined);
    });
    button('take-stories').addEventListener('click', () => take(downloadStories()));
  }

  // Takes a text that is read or loaded, unless another was chosen by then.
  async #takeOnceThere(chosen: Promise<OpenedFile>, area: HTMLTextAreaElement): Promise<void> {
    try {
      const file = await this.#choice.wait(chosen);
      if (!file) return;
      area.value = '';
      this.#take(file);
    } catch (error) {
      this.#fail(error);
    }
  }

  #take(file: OpenedFile | undefined): void {
    this.#text = file;
    const facts = file && `${file.name}: ${formatWhole(file.bytes.length)} bytes.`;
    say('text-facts', facts ?? 'No text yet. UTF-8, up to 16 MB.');
    this.#enable();
  }

  // ---- settings ----

  #connectSettings(): void {
    const preset = find('preset', HTMLSelectElement);
    const build = find('build', HTMLSelectElement);
    preset.addEventListener('change', () => this.#showPreset());
    build.addEventListener('change', () => {
      this.#worker.end();
      const chosen = build.value as BuildName;
      this.#worker = this.#makeWorker(chosen);
      this.#planned = undefined;
      void this.#load(chosen);
    });
  }

  #showPreset(): void {
    const chosen = this.#presets.find(({ name }) => name === this.#preset());
    if (!chosen) return;
    input('steps').value = String(chosen.steps);
    say('preset-about', `${chosen.name}: ${chosen.about}.`);
  }

  #preset(): string {
    return find('preset', HTMLSelectElement).value;
  }

  // In a new one a training that was stopped is gone, its checkpoint not.
  #makeWorker(build: BuildName): ModelWorker {
    return new ModelWorker(build, (event) => this.#show(event));
  }

  // Looks whether a build runs here, and what it knows.
  async #load(build: BuildName): Promise<void> {
    this.#enable();
    try {
      const program = await loadProgram(build);
      this.#fillPresets(program.presets);
      say('train-status', program.note ?? `Ready: ${program.build}, ${program.kernels}.`);
    } catch (error) {
      this.#fail(error);
    }
    this.#enable();
  }

  #fillPresets(presets: Preset[]): void {
    if (this.#presets.length > 0) return;
    this.#presets = presets;
    const options = presets.map(({ name }) => new Option(name));
    find('preset', HTMLSelectElement).replaceChildren(...options);
    this.#showPreset();
  }

  // ---- training ----

  #connectButtons(): void {
    find('train-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#trainNew();
    });
    button('stop').addEventListener('click', () => {
      say('train-status', 'Stopping after this step…');
      void this.#worker.call('stop', undefined);
    });
    button('go-on').addEventListener('click', () => void this.#run());
    button('save-checkpoint').addEventListener('click', () => {
      if (this.#checkpoint) save({ name: 'page.ckpt', bytes: this.#checkpoint.bytes });
    });
    button('save-model').addEventListener('click', () => void this.#saveModel());
  }

  async #trainNew(): Promise<void> {
    const text = this.#text;
    if (!text) return;
    this.#chart.clear();
    const { name, bytes } = text;
    const settings = { preset: this.#preset(), seed: numberOf('seed') };
    const order = { text: bytes, name, ...settings, steps: numberOf('steps') };
    this.#beginning = { text: inCommand(name), settings };
    await this.#run(() => this.#worker.call('plan', order));
  }

  // Plans, or goes on with what was planned, and trains until the end or a stop.
  async #run(plan?: () => Promise<Planned>): Promise<void> {
    this.#trains = true;
    this.#enable();
    say('train-status', 'Reading the text and counting its n-grams…');
    try {
      if (plan) this.#showPlan(await plan());
      say('train-status', 'Training.');
      this.#showStopped(await this.#worker.call(plan ? 'train' : 'goOn', undefined));
    } catch (error) {
      this.#planned = undefined;
      this.#fail(error);
    }
    this.#trains = false;
    this.#enable();
  }

  #showPlan(planned: Planned): void {
    this.#planned = planned;
    say('fact-memory', `${formatWhole(totalOf(planned.memory) / 1024)} kB`);
    for (const watcher of this.#watchers) watcher.planned?.(planned);
  }

  #showStopped(stopped: Stopped): void {
    const { step, ended, checkpoint } = stopped;
    this.#checkpoint = checkpoint;
    say('train-status', ended ? `Trained: ${step} steps.` : `Stopped after step ${step}.`);
    const size = formatWhole(checkpoint.bytes.length);
    say('checkpoint-facts', `After step ${step}: ${size} bytes.`);
    say('checkpoint-sum', checkpoint.sha256);
    const [begun, planned] = [this.#beginning, this.#planned];
    if (begun && planned) say('command', commandOf(begun, planned.shape.steps, step));
    for (const watcher of this.#watchers) watcher.stopped?.(stopped);
  }

  async #saveModel(): Promise<void> {
    if (!this.#checkpoint) return;
    try {
      const { bytes } = await this.#worker.call('exportModel', this.#checkpoint.bytes);
      save({ name: 'page.llm', bytes });
    } catch (error) {
      this.#fail(error);
    }
  }

  // ---- showing ----

  #show(event: Event): void {
    if (event.kind === 'steps') this.#showSteps(event.steps, event.tokensPerSecond);
    if (event.kind === 'heldOut') {
      this.#chart.addHeldOut(event.step, event.losses.transformer);
      const { transformer, both } = event.losses;
      say('fact-held-out', `${formatLoss(transformer)}, with counts ${formatLoss(both)}`);
      say('train-status', `Step ${event.step}: held-out loss ${formatLoss(transformer)}.`);
    }
    if (event.kind === 'sample') say('sample', event.text);
    for (const watcher of this.#watchers) watcher.event?.(event);
  }

  #showSteps(steps: readonly Step[], tokensPerSecond: number): void {
    for (const { step, loss } of steps) this.#chart.addStep(step, loss);
    const last = steps.at(-1);
    if (!last) return;
    say('fact-step', `${last.step} of ${this.#planned?.shape.steps ?? '?'}`);
    say('fact-loss', formatLoss(last.loss));
    say('fact-speed', formatWhole(tokensPerSecond));
  }

  #fail(error: unknown): void {
    say('train-status', `This did not work: ${wordsOf(error)}.`);
  }

  #enable(): void {
    const idle = !this.#trains;
    const planned = this.#planned;
    button('start').disabled = !idle || !this.#text || this.#presets.length === 0;
    button('stop').disabled = idle;
    button('go-on').disabled = !idle || !planned || this.#ended(planned);
    find('build', HTMLSelectElement).disabled = !idle;
    button('save-checkpoint').disabled = !idle || !this.#checkpoint;
    button('save-model').disabled = !idle || !this.#checkpoint;
  }

  #ended({ shape }: Planned): boolean {
    return find('fact-step', HTMLElement).textContent === `${shape.steps} of ${shape.steps}`;
  }
}

// A text as a command calls it.
function inCommand(name: string): string {
  return name === STORIES ? `data/${name}` : 'FILE';
}
