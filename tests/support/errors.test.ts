import { describe, expect, test } from 'vitest';
import { describeError, errorCode, exitCodeOf, UserError } from '../../ts/support/errors.ts';

describe('describeError', () => {
  test('when a user error has a hint, then each line of it is indented below the message', () => {
    const error = new UserError('no such file: a.txt', { hint: 'look here\nor there' });
    expect(describeError(error)).toBe('legacy-llm: no such file: a.txt\n  look here\n  or there');
  });

  test('when a user error has no hint, then the message stands alone and shows no stack', () => {
    expect(describeError(new UserError('bad step count'))).toBe('legacy-llm: bad step count');
  });

  test('when the error is a bug, then it is called internal and the stack is shown', () => {
    const text = describeError(new TypeError('x is undefined'));
    expect(text).toContain('internal error');
    expect(text).toContain('errors.test.ts');
  });
});

test('exit codes: what the user error says, else 1', () => {
  expect(exitCodeOf(new UserError('usage', { exitCode: 2 }))).toBe(2);
  expect(exitCodeOf(new UserError('failed'))).toBe(1);
  expect(exitCodeOf('thrown text')).toBe(1);
});

test('errorCode tells system errors from others', () => {
  expect(errorCode(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
  expect(errorCode(new Error('x'))).toBeUndefined();
  expect(errorCode({ code: 'ENOENT' })).toBeUndefined();
});
