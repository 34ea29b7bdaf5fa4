// The error of everything that a person can act on. It needs nothing, so a page has it too; its words for
// people stand in failures.mjs.

// Something the user can act on: printed without a stack, with what to do next as the hint.
export class UserError extends Error {
  /**
   * @param {string} message
   * @param {{ hint?: string | undefined, exitCode?: number }} [options]
   */
  constructor(message, { hint, exitCode = 1 } = {}) {
    super(message);
    this.name = 'UserError';
    /** @type {string | undefined} */
    this.hint = hint;
    /** @type {number} */
    this.exitCode = exitCode;
  }
}
