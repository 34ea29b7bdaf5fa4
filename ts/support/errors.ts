// The one error class of the driver, and how an error becomes the lines a person reads.
export {
  describeError,
  errorCode,
  exitCodeOf,
  reasonOf,
  UserError,
} from '../../scripts/failures.mjs';
