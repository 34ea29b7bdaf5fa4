// The part of the page that writes with a model: one that was trained here, one of a file, or the
// bundled one. It has a Worker of its own, so that it writes while another trains.
import bundled from '#data/stories.llm?url';
import type { ModelFacts } from '../../../ts/engine/engine.ts';
import { ModelWorker } from '../model/client.ts';
import type { Event, TextEnd } from '../model/protocol.ts';
import { button, find, formatWhole, input, numberOf, say, wordsOf } from './dom.ts';
import { download, onChosen, onDropped } from './files.ts';
import { NewestChoice, type OpenedFile } from './opened.ts';
import type { TrainPart, Watcher } from './train.ts';

const ENDS: Readonly<Record<TextEnd, string>> = {
  tokens: 'Written.',
  document: 'Written: the document ends here.',
  stopped: 'Stopped.',
};

const BUSY = 'a text is being written; wait for its end, or stop it first';

export class WritePart {
  readonly #worker = new ModelWorker('wasm-simd', (event) => this.#show(event));
  readonly #written = find('writing', HTMLElement);
  readonly #choice = new NewestChoice();
  #file: OpenedFile | undefined;
  #facts: ModelFacts | undefined;
  #writes = false;

  /** The training that a checkpoint goes on with. */
  training: TrainPart | undefined;
  /** Called when a text has ended. */
  onWritten: () => void = () => {};

  constructor() {
    const take = (file: OpenedFile | Promise<OpenedFile>) => void this.open(file);
    onChosen('choose-model', 'model-file', take);
    onDropped('write', take);
    button('take-bundled').addEventListener('click', () => take(download(bundled, 'stories.llm')));
    button('take-trained').addEventListener('click', () => {
      const checkpoint = this.training?.checkpoint;
      if (checkpoint) take({ name: 'what was trained here', bytes: checkpoint.bytes });
    });
    find('write-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#write();
    });
    button('write-stop').addEventListener('click', () => void this.#worker.call('stop', undefined));
    button('resume').addEventListener('click', () => void this.#resume());
  }

  // Sees when there is something trained.
  get watcher(): Watcher {
    return {
      stopped: () => this.#enable(),
    };
  }

  get facts(): ModelFacts | undefined {
    return this.#facts;
  }

  attention(layer: number, head: number) {
    return this.#worker.call('attention', { layer, head });
  }

  // Opens a model once it is there, to write with it, unless another was chosen by then; the one before
  // stays where that fails. A text would go on with another model in its middle, so none is opened while
  // one is written.
  async open(chosen: OpenedFile | Promise<OpenedFile>): Promise<void> {
    try {
      const file = await this.#choice.wait(chosen);
      if (!file) return;
      if (this.#writes) throw new Error(BUSY);
      const facts = await this.#worker.call('openModel', file.bytes);
      this.#facts = facts;
      this.#file = file;
      const sum = await this.#worker.call('sum', file.bytes);
      say('model-facts', describe(file, facts, sum));
      say('write-status', 'The model is open.');
    } catch (error) {
      this.#fail(error);
    }
    this.#enable();
  }

  async #write(): Promise<void> {
    this.#writes = true;
    this.#enable();
    const prompt = input('prompt').value;
    this.#written.textContent = prompt;
    say('write-status', 'Writing.');
    try {
      const order = {
        prompt,
        tokens: numberOf('tokens'),
        temperature: numberOf('temperature'),
        topK: numberOf('top-k'),
        topP: numberOf('top-p'),
        seed: numberOf('write-seed'),
      };
      say('write-status', ENDS[await this.#worker.call('write', order)]);
      this.onWritten();
    } catch (error) {
      this.#fail(error);
    }
    this.#writes = false;
    this.#enable();
  }

  async #resume(): Promise<void> {
    if (!this.#file || !this.training) return;
    try {
      await this.training.resume(this.#file.bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  #show(event: Event): void {
    if (event.kind === 'text') this.#written.append(event.text);
  }

  #fail(error: unknown): void {
    say('write-status', `This did not work: ${wordsOf(error)}.`);
  }

  #enable(): void {
    for (const name of ['take-bundled', 'choose-model']) button(name).disabled = this.#writes;
    button('take-trained').disabled = this.#writes || !this.training?.checkpoint;
    button('write-start').disabled = this.#writes || !this.#facts;
    button('write-stop').disabled = !this.#writes;
    button('resume').disabled = this.#facts?.contents !== 0;
  }
}

function describe(file: OpenedFile, facts: ModelFacts, sum: string): string {
  const { contents, step, steps, layers, dim, context, vocab, weights } = facts;
  const what = contents === 0 ? `a checkpoint, step ${step} of ${steps}` : 'a model alone';
  const shape = `${layers} layers, dim ${dim}, context ${context}, ${vocab} tokens`;
  const size = `${formatWhole(file.bytes.length)} bytes`;
  return `${file.name}: ${what}, ${size}; ${shape}, ${formatWhole(weights)} weights in matrices. SHA-256 ${sum}`;
}
