// The one error class of the driver, and how an error becomes the lines a person reads.
export {
  describeError,
  errorCode,
  exitCodeOf,
  reasonOf,
  UserError,
} from '../../scripts/failures.mjs';

// The end of a command that has nothing to say, with the exit code of what ran in it.
export class QuietEnd extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}
