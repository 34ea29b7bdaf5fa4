// Progress of long work: one redrawn line on a terminal, plain lines in a pipe.

// The part of a stream that progress needs; a test hands in its own.
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

// Who is shown how work goes on.
export interface Progress {
  /** What is going on now: redrawn on a terminal; in a pipe only when `key` changes. */
  update(text: string, key?: string): void;
  /** A line that stays. */
  line(text: string): void;
  /** Removes the redrawn line; call it when the work ends, well or not. */
  clear(): void;
}

const CLEAR_LINE = '\r\u001b[2K';
const REDRAW_MS = 80;

// A progress display on stderr or on the given stream.
export function createProgress(
  stream: ProgressStream = process.stderr,
  now: () => number = Date.now,
): Progress {
  return stream.isTTY ? terminalProgress(stream, now) : plainProgress(stream);
}

function terminalProgress(stream: ProgressStream, now: () => number): Progress {
  let drawn = false;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const clear = () => {
    if (drawn) stream.write(CLEAR_LINE);
    drawn = false;
  };
  return {
    update(text) {
      if (drawn && now() - drawnAt < REDRAW_MS) return;
      stream.write(CLEAR_LINE + text.slice(0, (stream.columns ?? 80) - 1));
      drawn = true;
      drawnAt = now();
    },
    line(text) {
      clear();
      stream.write(`${text}\n`);
    },
    clear,
  };
}

function plainProgress(stream: ProgressStream): Progress {
  let lastKey: string | undefined;
  return {
    update(text, key = text) {
      if (key === lastKey) return;
      lastKey = key;
      stream.write(`${text}\n`);
    },
    line(text) {
      stream.write(`${text}\n`);
    },
    clear() {},
  };
}

// A duration for people: "0.8 s", "12 s", "3 min 05 s".
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

// A size for people: "812 B", "43.1 kB", "1.2 MB" (powers of ten).
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
