import { describe, expect, it } from 'vitest';
import { createRun, type Run } from '../../ts/experiments/runs.ts';
import { carryOut } from '../../ts/experiments/schedule.ts';
import { LiveRuns } from '../../ts/runs/live.ts';
import { UserError } from '../../ts/support/errors.ts';
import { interruptError } from '../../ts/support/interrupt.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { identity, options, resultOf } from './samples.ts';

// Until whatever can begin has begun.
const turn = () => new Promise((resolve) => setImmediate(resolve));
const memory = { microBatch: 1, recompute: 'none' };
const wish = (seed: number) => ({ scheme: 'row', optimizer: 'muon', seed });
const trainings = [1, 2, 3].map((seed) => createRun(wish(seed), options, identity));
const shorts = [4, 5].map((seed) => createRun({ ...wish(seed), memory }, options, identity));

async function carry(
  runs: readonly Run[],
  fail: (run: Run) => Error | undefined = () => undefined,
) {
  let written = '';
  const write = (text: string) => {
    written += text;
  };
  const progress = createProgress({ write });
  const live = new LiveRuns(progress, runs.length, 0);
  let running = 0;
  const most = { training: 0, memory: 0 };
  const order: number[] = [];
  const finish = async (run: Run) => {
    running += 1;
    const kind = run.memory ? 'memory' : 'training';
    most[kind] = Math.max(most[kind], running);
    order.push(run.seed);
    await turn();
    running -= 1;
    const error = fail(run);
    if (error) throw error;
    return resultOf(run);
  };
  const failures = await carryOut({ runs, jobs: 2, live, finish }).catch((error: unknown) => error);
  return { failures, written, most, order };
}

describe('carryOut', () => {
  it('when all go well, then trainings run side by side and memory runs later, alone', async () => {
    const { failures, written, most, order } = await carry([...shorts, ...trainings]);
    expect(failures).toEqual(new Map());
    expect(most).toEqual({ training: 2, memory: 1 });
    expect(order).toEqual([1, 2, 3, 4, 5]);
    expect(written).toContain('row-muon-seed3: held-out loss 1.5000 (3 of 5 done)\n');
    expect(written).toContain('memory-1-none-seed5: loss 1.4000, checkpoint abc (5 of 5 done)\n');
  });

  it('when one fails, then it has one clear line and the others go on', async () => {
    const broken = new UserError('legacy_llm: disk full', { hint: 'more room' });
    const { failures, written, order } = await carry(trainings, ({ seed }) =>
      seed === 2 ? broken : undefined,
    );
    expect([...(failures as Map<string, string>)]).toEqual([
      [trainings[1]?.key, 'legacy_llm: disk full; more room'],
    ]);
    expect(order).toEqual([1, 2, 3]);
    expect(written).toMatch(/^row-muon-seed2 FAILED: legacy_llm: disk full; more room \(/m);
    expect(written).toContain('(2 of 3 done)');
  });

  it('when one was stopped, then the whole is, before what comes after', async () => {
    const { failures, written, order } = await carry([...trainings, ...shorts], ({ seed }) =>
      seed === 3 ? interruptError() : undefined,
    );
    expect(failures).toMatchObject({ exitCode: 130 });
    expect(order).toEqual([1, 2, 3]);
    expect(written).toContain('2 of 5 done; the same command goes on from here');
  });
});
