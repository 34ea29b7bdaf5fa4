// A conversation over a serial line: waits for what the other end writes, and answers. It depends on
// no time, but gives up when the other end has been silent for very long.
import { stripVTControlCharacters } from 'node:util';
import { UserError } from '../support/errors.ts';
import { interruptError, interruptSignal } from '../support/interrupt.ts';

const SILENCE_SECONDS = 600;
const TAIL_LINES = 15;

export class Conversation {
  private raw = '';
  private from = 0;
  private why: string | undefined;
  private wake: () => void = () => {};

  constructor(private readonly silenceSeconds: number = SILENCE_SECONDS) {}

  // Takes what the other end wrote.
  hear(piece: string): void {
    this.raw += piece;
    this.wake();
  }

  // Takes that nothing more will come.
  end(why: string): void {
    this.why ??= why;
    this.wake();
  }

  // All that was heard, as plain text.
  get said(): string {
    return stripVTControlCharacters(this.raw).replaceAll('\r', '');
  }

  // Waits until what came since the last expectation matches; gives it, up to the end of the match.
  async expect(pattern: RegExp): Promise<string> {
    for (;;) {
      if (interruptSignal.aborted) throw interruptError();
      const text = this.said.slice(this.from);
      const match = pattern.exec(text);
      if (match) {
        const end = match.index + match[0].length;
        this.from += end;
        return text.slice(0, end);
      }
      if (/Kernel panic/.test(text)) throw this.failed(pattern, 'the kernel panicked');
      if (this.why !== undefined) throw this.failed(pattern, this.why);
      await this.change(pattern);
    }
  }

  private change(pattern: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const silent = () => reject(this.failed(pattern, `silence for ${this.silenceSeconds} s`));
      const timer = setTimeout(silent, this.silenceSeconds * 1000);
      this.wake = () => {
        clearTimeout(timer);
        interruptSignal.removeEventListener('abort', this.wake);
        resolve();
      };
      interruptSignal.addEventListener('abort', this.wake);
    });
  }

  private failed(pattern: RegExp, why: string): UserError {
    const tail = this.said.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
    return new UserError(`waited for ${pattern}, but ${why}`, { hint: `The last lines:\n${tail}` });
  }
}
