import { describe, expect, it } from 'vitest';
import { parseParameters } from '../../ts/tune/parse_space.ts';
import { refusal } from './refusal.ts';

const distributionOf = (fields: unknown) => parseParameters({ lr: fields })[0]?.distribution;
const refused = (fields: unknown) => refusal(() => parseParameters({ lr: fields }));

describe('parseParameters', () => {
  it('when there are several, then they keep their order and names', () => {
    const space = parseParameters({ lr: { value: 0.01 }, scheme: { values: ['row'] } });
    expect(space.map(({ name }) => name)).toEqual(['lr', 'scheme']);
  });

  it('when nothing names a distribution, then the keys say which it is', () => {
    expect(distributionOf({ value: false })).toEqual({ kind: 'constant', value: false });
    expect(distributionOf({ values: [1, 'x', true] })).toEqual({
      kind: 'categorical',
      values: [1, 'x', true],
    });
    expect(distributionOf({ min: 1, max: 8 })).toEqual({ kind: 'int_uniform', min: 1, max: 8 });
    expect(distributionOf({ min: 0, max: 0.5 })).toEqual({ kind: 'uniform', min: 0, max: 0.5 });
  });

  it('when values have probabilities, then they are kept', () => {
    const fields = { values: ['a', 'b', 'c'], probabilities: [0.1, 0.2, 0.7] };
    expect(distributionOf(fields)).toEqual({ kind: 'categorical', ...fields });
    const thirds = { values: [1, 2, 3], probabilities: [1 / 3, 1 / 3, 1 / 3] };
    expect(distributionOf(thirds)).toMatchObject(thirds);
  });

  it.each([
    { distribution: 'constant', value: 3 },
    { distribution: 'categorical', values: [1, 2], probabilities: [0.5, 0.5] },
    { distribution: 'int_uniform', min: -2, max: 2 },
    { distribution: 'uniform', min: 1, max: 2 },
    { distribution: 'q_uniform', min: 0, max: 1, q: 0.25 },
    { distribution: 'log_uniform_values', min: 0.001, max: 1 },
    { distribution: 'q_log_uniform_values', min: 16, max: 256, q: 16 },
  ])('when it names $distribution, then it is that', ({ distribution, ...fields }) => {
    expect(distributionOf({ distribution, ...fields })).toEqual({ kind: distribution, ...fields });
  });
});

const KINDS =
  'constant, categorical, int_uniform, uniform, q_uniform, log_uniform_values, q_log_uniform_values';
const uniform = (fields: object) => ({ distribution: 'uniform', min: 0, max: 1, ...fields });
const logarithmic = { distribution: 'log_uniform_values', max: 1 };
const halves = (probabilities: unknown) => ({ values: [1, 2], probabilities });

describe('what is refused', () => {
  it.each([null, [], 'lr', 3, undefined])('parameters that are %j', (fields) => {
    expect(refusal(() => parseParameters(fields))).toBe(
      'parameters must be an object, with an object for each parameter',
    );
  });

  it('no parameter at all', () => {
    const words = 'parameters is empty; give at least one parameter';
    expect(refusal(() => parseParameters({}))).toBe(words);
  });

  it.each<[unknown, string]>([
    [0.01, 'it must be an object, such as {"value": 4}'],
    [[1, 2], 'it must be an object, such as {"value": 4}'],
    [{}, 'give it value, values, or min and max'],
    [{ q: 2 }, 'give it value, values, or min and max'],
    [
      { value: 1, mu: 2 },
      'unknown key mu; there are distribution, value, values, probabilities, min, max, q',
    ],
    [{ distribution: 'normal' }, `unknown distribution "normal"; there are ${KINDS}`],
    [{ distribution: 'toString' }, `unknown distribution "toString"; there are ${KINDS}`],
    [{ distribution: 4, min: 1 }, `unknown distribution 4; there are ${KINDS}`],
    [{ value: 1, values: [1] }, 'value and values contradict each other; give only one of them'],
    [{ value: 1, min: 1 }, 'value and min contradict each other; give only one of them'],
    [
      { distribution: 'constant', value: 1, values: [1] },
      'distribution constant and values contradict each other; give only one of them',
    ],
    [
      uniform({ probabilities: [1] }),
      'distribution uniform and probabilities contradict each other; give only one of them',
    ],
    [{ min: 1, max: 4, q: 2 }, 'q needs distribution: q_uniform or q_log_uniform_values'],
    [{ min: 1 }, 'max is missing; uniform needs min, max'],
    [{ distribution: 'q_uniform', min: 1, max: 2 }, 'q is missing; q_uniform needs min, max, q'],
    [{ distribution: 'categorical' }, 'values is missing; categorical needs values'],
    [{ values: [] }, 'values is empty; list at least one'],
    [{ values: 'abc' }, 'values must be a list, such as [1, 2, 4]'],
    [{ values: [1, 2, 1] }, 'values has 1 twice; list it once'],
    [{ values: [1, null] }, 'a value must be a number, a string, true or false, not null'],
    [{ value: [1] }, 'a value must be a number, a string, true or false, not [1]'],
    [{ min: 3, max: 2 }, 'empty range: min 3 is greater than max 2'],
    [uniform({ min: 1.5 }), 'empty range: min 1.5 is greater than max 1'],
    [{ min: '1', max: 2 }, 'min must be a number, not "1"'],
    [uniform({ max: null }), 'max must be a number, not null'],
    [{ ...logarithmic, min: 0 }, 'min must be greater than 0 for log_uniform_values, not 0'],
    [{ ...logarithmic, min: -1 }, 'min must be greater than 0 for log_uniform_values, not -1'],
    [
      { distribution: 'q_log_uniform_values', min: 0, max: 8, q: 2 },
      'min must be greater than 0 for q_log_uniform_values, not 0',
    ],
    [
      { distribution: 'int_uniform', min: 0.5, max: 2 },
      'min and max must be whole for int_uniform; or use uniform',
    ],
    [uniform({ distribution: 'q_uniform', q: 0 }), 'q must be greater than 0, not 0'],
    [
      { distribution: 'q_uniform', min: 5, max: 7, q: 4 },
      'empty range: no multiple of q 4 from 5 to 7',
    ],
    [halves([1]), 'probabilities must be a list with one for each of the 2 values'],
    [halves(0.5), 'probabilities must be a list with one for each of the 2 values'],
    [halves([0.5, 0.6]), 'probabilities must add up to 1, not 1.1'],
    [
      halves([1, 0]),
      'probabilities must be greater than 0, not 0; leave out what is never to be drawn',
    ],
    [
      halves([0.5, '0.5']),
      'probabilities must be greater than 0, not "0.5"; leave out what is never to be drawn',
    ],
  ])('%j', (fields, words) => {
    expect(refused(fields)).toBe(`parameter lr: ${words}`);
  });
});
