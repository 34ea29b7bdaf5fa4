// The memory plan: it adds up, it is what training takes, and what it proposes fits.
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { lastEvent, type PlanEvent } from '../../ts/program/events.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { memoryOfTraining, residentError } from './memory.ts';
import { onlyLine, programOf, runProgram } from './program.ts';

const folder = useTemporaryFolder();

async function print(...args: string[]): Promise<string> {
  const result = await runProgram(args, undefined, 'host-sse');
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  return result.stdout;
}

const planText = (...args: string[]) => print('plan', '--text', stories, ...args);

function planOf(output: string): Required<PlanEvent> {
  const event = lastEvent(output, 'plan');
  if (!event) throw new Error('no plan');
  return event as Required<PlanEvent>;
}

const plan = async (...args: string[]) => planOf(await planText('--json', ...args));

function train(...args: string[]): Promise<string> {
  const out = path.join(folder(), 'm.ckpt');
  return print('train', '--text', stories, '--out', out, '--force', '--json', ...args);
}

function bytesOf({ items }: PlanEvent, name: string): number {
  const found = items.filter((item) => item.name === name);
  expect(found).toHaveLength(1);
  return found[0]?.bytes ?? Number.NaN;
}

const shape = ['--layers', '6', '--dim', '96', '--context', '64', '--batch', '6'];

describe('the plan', () => {
  test.each([
    '--recompute none',
    '--recompute block --micro-batch 6 --optimizer adam',
    '--recompute 4 --micro-batch 5 --optimizer direct --norm layer',
    '--micro-batch 1 --optimizer spectral --scheme 2bit --act relu',
  ])('its items sum to the arena, and are what its numbers are about: %s', async (mode) => {
    const event = await plan(...shape, ...mode.split(' '));
    expect(event.items.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(event.arena_bytes);
    expect(event.total_bytes).toBe(event.arena_bytes + event.process_bytes);
    expect(event.weight_state_bytes).toBe(bytesOf(event, 'weights') + bytesOf(event, 'momentum'));
    expect(event.activation_bytes).toBe(bytesOf(event, 'activations'));
    expect(event.ternary_weights).toBe(6 * 12 * 96 * 96);
  });

  test.each([
    ['block', '1'],
    ['block', '6'],
    ['2', '6'],
    ['4', '3'],
  ])(
    'what --recompute %s saves at --micro-batch %s is the ratio of two plans',
    async (recompute, micro) => {
      const mode = [...shape, '--micro-batch', micro];
      const kept = await plan(...mode, '--recompute', 'none');
      const saving = await plan(...mode, '--recompute', recompute);
      expect(kept.activation_bytes_without_recompute).toBe(kept.activation_bytes);
      expect(saving.activation_bytes_without_recompute).toBe(kept.activation_bytes);
      expect(saving.activation_bytes).toBeLessThan(kept.activation_bytes);
      expect(saving.micro_batch).toBe(Number(micro));
      expect(saving.segment).toBe(recompute === 'block' ? 1 : Number(recompute));
      expect(kept.segment).toBe(6);
      const times = Math.floor((10 * kept.activation_bytes) / saving.activation_bytes) / 10;
      const text = await planText(...mode, '--recompute', recompute);
      expect(text).toContain(` ${times.toFixed(1)} times fewer bytes`);
    },
  );

  test('only the whole batch at once keeps the gradient of one layer at a time', async () => {
    const gradients = async (micro: string) =>
      bytesOf(await plan(...shape, '--micro-batch', micro), 'gradients');
    const matrices = 4 * 12 * 96 * 96;
    expect((await gradients('5')) - (await gradients('6'))).toBe(5 * matrices);
  });

  test('without --micro-batch it is the leaner of one and all', async () => {
    for (const recompute of ['none', 'block']) {
      const mode = [...shape, '--recompute', recompute];
      const [one, all] = [
        await plan(...mode, '--micro-batch', '1'),
        await plan(...mode, '--micro-batch', '6'),
      ];
      const settled = await plan(...mode);
      expect(settled.arena_bytes).toBe(Math.min(one.arena_bytes, all.arena_bytes));
    }
  });
});

const large = ['--layers', '4', '--dim', '160', '--context', '64', '--batch', '4'];

describe('the memory of a training', () => {
  test.each([
    '--recompute block --micro-batch 1',
    '--recompute block --micro-batch 4',
    '--recompute 3 --micro-batch 3 --norm layer --act relu',
    '--recompute none --micro-batch 4 --optimizer direct',
    '--recompute block --micro-batch 4 --optimizer direct-stateless',
    '--recompute block --micro-batch 2 --optimizer adam --scheme binary',
    '--preset max32',
  ])('is the plan, to the byte in the arena, and little besides: %s', async (mode) => {
    const args = mode.startsWith('--preset') ? mode.split(' ') : [...large, ...mode.split(' ')];
    const planned = await plan(...args, '--steps', '1');
    const output = await train(...args, '--steps', '1');
    expect(planOf(output).items).toEqual(planned.items);
    const end = lastEvent(output, 'end');
    expect(end?.plan_bytes).toBe(planned.arena_bytes);
    const wrong = planned.total_bytes / 20 + 2 * residentError; // the plan has such a count, too
    expect(Math.abs((end?.peak_bytes ?? 0) - planned.total_bytes)).toBeLessThan(wrong);
    const again = ['--text', stories, '--out', path.join(folder(), 'm.ckpt'), '--force', ...args];
    const { touched } = await memoryOfTraining(await programOf('host-sse'), again);
    expect(touched).toBeGreaterThan(planned.arena_bytes);
    expect(touched - planned.arena_bytes).toBeLessThan(2 ** 20);
  });
});

interface Proposal {
  what: string;
  layers: number;
  heads: number;
  dim: number;
  batch: number;
  micro_batch: number;
  recompute: string;
  /** Most bytes of n-grams, 0: none. */
  counts: number;
  ternary_weights: number;
  total_bytes: number;
}

async function proposals(target: string, ...args: string[]): Promise<Proposal[]> {
  const command = ['plan', '--text', stories, '--json', ...args];
  const { stdout } = await runProgram(command, undefined, target);
  const lines = stdout.split('\n').filter((line) => line.includes('"event":"proposal"'));
  return lines.map((line) => JSON.parse(line));
}

function optionsOf({ micro_batch, recompute, ...shape }: Proposal): string[] {
  const memory = ['--micro-batch', String(micro_batch), '--recompute', recompute];
  return [...shapeOf(shape), ...memory, ...countsOf(shape)];
}

const countsOf = ({ counts }: Pick<Proposal, 'counts'>) => [
  '--counts',
  counts > 0 ? String(counts) : 'none',
];

function shapeOf(shape: Pick<Proposal, 'layers' | 'heads' | 'dim' | 'batch'>): string[] {
  const { layers, heads, dim, batch } = shape;
  const options = { layers, heads, dim, batch };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

// A budget in MB, and what a proposal leaves as it was asked for.
const budgets: [ramMb: number, asked: string][] = [
  [6, '--steps 1'],
  [12, '--context 48 --optimizer direct --bigram-rows 512'],
  [10, '--context 96 --optimizer adam --scheme 2bit --norm layer'],
];

// By how much the C library's share of two runs may differ, and what proposals leave free for it.
const NOISE = 256 * 1024 + residentError;

describe('plan --ram', () => {
  test.each(budgets)(
    'what it proposes for %d MB and %s fits, and a training of it runs',
    async (ramMb, asked) => {
      const given = ['--ram', `${ramMb}MB`, ...asked.split(' ')];
      const found = await proposals('host-sse', ...given);
      expect(found.map(({ what }) => what)).toEqual(['this shape', 'largest model']);
      for (const proposal of found) {
        const options = [...given, ...optionsOf(proposal)];
        const planned = await plan(...options);
        expect(planned.total_bytes).toBeLessThanOrEqual(ramMb * 2 ** 20);
        expect(Math.abs(planned.total_bytes - proposal.total_bytes)).toBeLessThan(2 * NOISE);
        expect(planned.ternary_weights).toBe(proposal.ternary_weights);
        const end = lastEvent(await train(...options, '--steps', '1'), 'end');
        expect(end?.steps).toBe(1);
        expect(end?.peak_bytes).toBeLessThan(ramMb * 2 ** 20 * 1.05 + residentError);
      }
    },
  );

  test.each(budgets)(
    'nothing larger than what it proposes for %d MB and %s would fit',
    async (ramMb, asked) => {
      const ram = ramMb * 2 ** 20 - 2 * NOISE;
      const given = ['--ram', `${ramMb}MB`, ...asked.split(' ')];
      const [here, model] = await proposals('host-sse', ...given);
      if (!here || !model) throw new Error('no proposals');
      expect(here.counts).toBe(model.counts);
      const leanest = [...asked.split(' '), '--recompute', 'block', ...countsOf(here)];
      const needs = async (...shape: string[]) => (await plan(...leanest, ...shape)).total_bytes;
      for (const proposal of [here, model]) {
        const { batch } = proposal;
        const next = batch < 4 ? batch + 1 : batch + Math.floor(batch / 4); // the next it looks at
        const fits = next <= 256 && (await needs(...shapeOf({ ...proposal, batch: next }))) <= ram;
        expect(fits, `a batch of ${next}`).toBe(false);
      }
      for (const dim of [-64, -32, 0, 32, 64].map((change) => model.dim + change)) {
        const deepest = Math.floor(dim / 24) + 1;
        const shallowest = Math.floor(dim / 96) + 1;
        const more = Math.floor(model.ternary_weights / (12 * dim * dim)) + 1;
        if (dim <= 0 || more > deepest) continue;
        const layers = Math.max(more, shallowest);
        const shape = shapeOf({ layers, heads: dim / 32, dim, batch: 4 });
        expect(await needs(...shape), shape.join(' ')).toBeGreaterThan(ram);
      }
    },
  );

  test('the text for people holds options that can be copied', async () => {
    const text = await planText('--ram', '16MB');
    const lines = [
      ...text.matchAll(/^ {2}(this shape|largest model) +(--.*)\n +([\d,]+) weights/gm),
    ];
    expect(lines.map(([, what]) => what)).toEqual(['this shape', 'largest model']);
    for (const [, , options = '', weights] of lines) {
      const { ternary_weights } = await plan('--ram', '16MB', ...options.split(' '));
      expect(ternary_weights.toLocaleString('en')).toBe(weights);
    }
  });

  test('when nothing fits then it says so, and refuses the plan', async () => {
    const args = ['plan', '--text', stories, '--ram', '100KB'];
    const result = await runProgram(args, undefined, 'host-sse');
    expect(result.exitCode).toBe(2);
    expect(result.stdout.match(/nothing fits/g)).toHaveLength(2);
    expect(onlyLine(result)).toMatch(/takes [\d,]+ bytes of memory, but --ram allows only 102,400/);
    expect(await proposals('host-sse', '--ram', '100KB')).toEqual([]);
  });
});
