// How a failure becomes the lines a person reads: what failed, where, and what to do next. Every
// command that Node runs words its failures here. Plain Node, no packages.
import { constants } from 'node:os';
import { UserError } from './user_error.mjs';

export { UserError };

/** @typedef {readonly [why: string, next: string]} Words */

// What a system error means, and what to do about it.
/** @type {Readonly<Record<string, Words>>} */
const systemErrors = {
  EACCES: ['permission denied', 'Use a place that is yours, or change its owner or its mode.'],
  EPERM: ['the system does not allow it', 'Use a place that is yours, or another user.'],
  EROFS: ['the file system is read-only', 'Use a place on another file system.'],
  ENOSPC: ['the disk is full', 'Free some space, or use a place on another disk.'],
  EDQUOT: ['your quota of the disk is used up', 'Free some space, or use another disk.'],
  EFBIG: [
    'the file would be too large',
    'Use another file system, or raise the limit (ulimit -f).',
  ],
  EISDIR: ['it is a folder', 'Name a file.'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'Use a path whose folders are folders.'],
  ENOENT: ['there is no such file or folder', 'Check the name, or make the folder first.'],
  EEXIST: ['it is there already', 'Use another name, or move what is there away.'],
  ENOTEMPTY: ['the folder is not empty', 'Move what is in it away.'],
  ENXIO: ['nobody is at its other end', 'Start what reads it first, or name a file.'],
  ENAMETOOLONG: ['the name is too long', 'Use a shorter one.'],
  ELOOP: ['its symbolic links go in a circle', 'Name the file itself.'],
  EIO: ['the device reports an error', 'Look at the log of the system (dmesg), and at the disk.'],
  EPIPE: ['who read it is gone', 'Start what reads it again, or write to a file.'],
  EBUSY: ['it is in use', 'Wait, or end what uses it.'],
  ETXTBSY: ['it is being written or run', 'Wait, or end what uses it.'],
  EMFILE: ['too many files are open', 'Raise the limit (ulimit -n).'],
  ENFILE: ['the system has too many files open', 'End some programs.'],
  ENOMEM: ['there is no memory left', 'End some programs, or ask for less.'],
  EAGAIN: ['the system has no room for more processes', 'End some programs, and run it again.'],
};

// What was being done, by the name of the system call.
/** @type {Readonly<Record<string, string>>} */
const actions = {
  open: 'open',
  read: 'read',
  write: 'write',
  fsync: 'write',
  ftruncate: 'write',
  copyfile: 'copy',
  mkdir: 'make the folder',
  mkdtemp: 'make a folder at',
  scandir: 'list the folder',
  rename: 'rename',
  unlink: 'remove',
  rm: 'remove',
  rmdir: 'remove',
  symlink: 'link to',
  spawn: 'start',
};

// The code of a system error ("ENOENT"); undefined for any other value.
/** @param {unknown} error @returns {string | undefined} */
export function errorCode(error) {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

// An error of the system with the file that it is about, where it does not say, as that of an open one.
/** @param {string} file @param {unknown} error */
export function about(file, error) {
  const isNameless = error instanceof Error && errorCode(error) !== undefined && !('path' in error);
  return isNameless ? Object.assign(error, { path: file }) : error;
}

// A system error in words; undefined for an error that is none.
/** @param {unknown} error @returns {UserError | undefined} */
export function systemFailure(error) {
  const code = errorCode(error);
  if (code === undefined || !(error instanceof Error) || !('syscall' in error)) return undefined;
  const { path, dest, syscall } = /** @type {NodeJS.ErrnoException & { dest?: string }} */ (error);
  const action = actions[String(syscall).split(' ', 1)[0] ?? ''] ?? 'use';
  const [why, hint] = systemErrors[code] ?? [error.message, undefined];
  const place = dest ?? path ?? 'an output';
  return new UserError(`cannot ${action} ${place}: ${why}`, { hint });
}

// Why something failed, in a few words, for a sentence that names what and where.
/** @param {unknown} error @returns {string} */
export function reasonOf(error) {
  return systemErrors[errorCode(error) ?? '']?.[0] ?? String(error);
}

// What a person is told of any failure; undefined for a fault of the program itself.
/** @param {unknown} error @returns {UserError | undefined} */
export function userFailure(error) {
  return error instanceof UserError ? error : systemFailure(error);
}

// The text of a failure, after the name of who speaks: one line, then its hint; a stack for faults of
// the program only.
/** @param {unknown} error @param {string} [speaker] @returns {string} */
export function describeError(error, speaker = 'legacy-llm') {
  const known = userFailure(error);
  if (known) {
    const hint = known.hint?.split('\n').map((line) => `\n  ${line}`) ?? [];
    return `${speaker}: ${known.message}${hint.join('')}`;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${speaker}: internal error: ${detail}`;
}

// The exit code that a failure stands for.
/** @param {unknown} error @returns {number} */
export function exitCodeOf(error) {
  return userFailure(error)?.exitCode ?? 1;
}

/**
 * @typedef {object} Watch
 * @property {() => void} [closed]  called when nobody reads standard output any more
 */

// Watches the standard streams of this process. A reader of standard output that went away ends the
// process like SIGPIPE does; one that cannot be written is a failure in words. Standard error has
// nothing but progress and messages: when it cannot be written, the work goes on.
/** @param {string} [speaker] @param {Watch} [watch] */
export function watchStreams(speaker, { closed } = {}) {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error) => {
    const gone = errorCode(error) === 'EPIPE';
    const exitCode = gone ? 128 + constants.signals.SIGPIPE : 1;
    if (!gone) {
      const words = Object.assign(error, { path: 'standard output', syscall: 'write' });
      process.stderr.write(`${describeError(words, speaker)}\n`);
    }
    process.once('exit', () => {
      process.exitCode ||= exitCode;
    });
    closed?.();
  });
}
