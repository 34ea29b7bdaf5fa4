// Trainings of computers that a slow network joins: what is read of them, and one of them in truth.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { measure, measurePhases, trainedOf } from '../../ts/ethernet/measure.ts';
import { programOf } from '../program/program.ts';

test('seconds of a step are those after the first', () => {
  const step = (fields: string) => `{"event":"step",${fields},"steps":9,"loss":"4.1","tokens":100}`;
  const output = [
    step('"step":1,"seconds":5'),
    'a line of another kind',
    step('"step":3,"seconds":6'),
    step('"step":9,"seconds":9'),
    '{"event":"end","steps":9,"tokens":900,"loss_first":"4.1","loss_last":"4.1","peak_bytes":1,' +
      '"plan_bytes":1,"checkpoint":"none","sent_bytes":10,"unpacked_bytes":20,"rounds":4,' +
      '"sections_crc":"ab"}',
  ].join('\n');
  expect(trainedOf(output)).toEqual({
    ...{ seconds: 0.5, tokens: 100, sent: 10, unpacked: 20, rounds: 4, crc: 'ab' },
  });
});

const bridges = () => spawnSync('ip', ['-o', 'link']).stdout?.toString() ?? '';

// Not every container may make namespaces, and not every kernel has all that joins and slows them.
function joinsComputers(): boolean {
  const name = `llm-test${process.pid}`;
  const ip = (...args: string[]) => spawnSync('ip', args).status === 0;
  if (!ip('netns', 'add', name)) return false;
  const bucket = ['tbf', 'rate', '5mbit', 'burst', '16kb', 'limit', '4mb'];
  const slow = ['tc', 'qdisc', 'add', 'dev', 'near', 'root', ...bucket];
  const can =
    ip('-n', name, 'link', 'add', 'bridge', 'type', 'bridge') &&
    ip('-n', name, 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far') &&
    ip('netns', 'exec', name, ...slow);
  ip('netns', 'del', name);
  return can;
}

const joins = joinsComputers();
const why = joins ? '' : ' (not run here: this kernel or container joins no computers)';

test.runIf(joins)(
  `two ranks on a slow network train the same bits, more slowly, and nothing of it is left${why}`,
  async () => {
    const program = await programOf('host');
    const training = { program, preset: 'tiny', options: [], steps: 6 };
    const phases = await measurePhases(training);
    const limits = [{ megabits: 5, delay: 0 }];
    const [measured] = await measure(training, phases, 2, limits);
    if (!measured) expect.fail('nothing was measured');
    const { parts, wire, predicted } = measured;
    expect(parts).toMatchObject({ ranks: 2, layers: 2 });
    expect(wire).toBeGreaterThan(0.1);
    expect(measured.measured).toBeGreaterThan(0.8 * wire); // a bucket lets the first bytes through
    expect(predicted).toBeGreaterThan(wire - parts.lastBackward - parts.update);
    expect(predicted).toBeLessThanOrEqual(parts.free + wire);
    expect(bridges()).not.toContain('llm-');
  },
);
