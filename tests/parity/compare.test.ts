// The comparison of two runs: equal evidence passes, and the first difference is named.
import { describe, expect, test } from 'vitest';
import { differingEvidence, firstDifference, hashesOf } from '../../ts/parity/compare.ts';

const evidence = (log: string, trace?: string) => ({
  log: Buffer.from(log),
  ...(trace !== undefined && { trace: Buffer.from(trace) }),
});

describe('differingEvidence', () => {
  test('when all bytes are equal then nothing differs', () => {
    const [a, b] = [evidence('x\n', '1 embedding 00\n'), evidence('x\n', '1 embedding 00\n')];
    expect(differingEvidence(a, b)).toEqual([]);
    expect(firstDifference(a, b)).toBeUndefined();
  });

  test('when one side lacks a piece then it differs', () => {
    const [a, b] = [evidence('x\n', 'y\n'), evidence('x\n')];
    expect(differingEvidence(a, b)).toEqual(['trace']);
    expect(firstDifference(a, b)).toBe('only one of the two left a trace');
  });

  test('when a byte differs then its piece does, and hashes are SHA-256', () => {
    expect(differingEvidence(evidence('a'), evidence('b'))).toEqual(['log']);
    expect(hashesOf(evidence('a')).log).toBe(
      'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb',
    );
  });
});

describe('firstDifference', () => {
  test('when traces differ then it names step and tensor, before the log', () => {
    const a = evidence('l1\n', '1 embedding 00\n1 layer0.after_mlp 11\n2 losses 22\n');
    const b = evidence('l2\n', '1 embedding 00\n1 layer0.after_mlp 99\n2 losses 33\n');
    expect(firstDifference(a, b)).toBe(
      'step 1, tensor layer0.after_mlp is the first that differs (trace line 2)',
    );
  });

  test('when one trace ends early then it says where', () => {
    const difference = firstDifference(evidence('', '1 losses 22\n'), evidence('', ''));
    expect(difference).toContain('line 1');
  });

  test('when logs differ then it shows both lines', () => {
    const difference = firstDifference(evidence('{"step":1}\n'), evidence('{"step":2}\n'));
    expect(difference).toBe('log, line 1: {"step":1} against {"step":2}');
  });
});
