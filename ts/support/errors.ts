// The one error class of the driver, and how an error becomes the lines a person reads.

// Something the user can act on: printed without a stack, with what to do next as the hint.
export class UserError extends Error {
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(message: string, options: { hint?: string; exitCode?: number } = {}) {
    super(message);
    this.name = 'UserError';
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 1;
  }
}

// The text of an error for people: one line, a hint line where there is one, a stack for bugs only.
export function describeError(error: unknown): string {
  if (error instanceof UserError) {
    const hint = error.hint?.split('\n').map((line) => `\n  ${line}`) ?? [];
    return `legacy-llm: ${error.message}${hint.join('')}`;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `legacy-llm: internal error: ${detail}`;
}

// The exit code that an error stands for.
export function exitCodeOf(error: unknown): number {
  return error instanceof UserError ? error.exitCode : 1;
}

// The code of a Node system error ("ENOENT"), or undefined for any other value.
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
