import { describe, expect, it } from 'vitest';
import { findLaptop } from '../../ts/guest/machines.ts';
import type { CommandResult } from '../../ts/runs/job.ts';
import { planTable } from '../../ts/training/plan.ts';
import {
  compareRuns,
  summaryJson,
  summaryText,
  type TrainingReport,
} from '../../ts/training/report.ts';
import type { TrainedFiles } from '../../ts/training/train.ts';

const files = (checkpoint: string): TrainedFiles => ({
  checkpoint: Buffer.from(checkpoint),
  log: Buffer.from('log'),
  sample: Buffer.from('Once\nupon'),
});
const plan = {
  event: 'plan' as const,
  items: [
    { name: 'small', bytes: 1024 },
    { name: 'weights', bytes: 4096 },
    { name: 'momentum', bytes: 0 },
  ],
  arena_bytes: 5120,
  process_bytes: 0,
  total_bytes: 5120,
  ram_bytes: 10240,
};
const end = {
  event: 'end' as const,
  steps: 10,
  tokens: 1000,
  loss_first: '4.1',
  loss_last: '1.9',
  peak_bytes: 1,
  plan_bytes: 5120,
  checkpoint: 'x',
  sections_crc: '0badcafe',
};

function report(hostCheckpoint: string, told?: Partial<CommandResult>): TrainingReport {
  const train: CommandResult = {
    exitCode: 0,
    signal: null,
    maxRssKb: 4,
    instructions: 2_000_000,
    stdout: '',
    stderr: '',
    seconds: 0.5,
  };
  const facts = {
    cpu: { modelName: 'Pentium III (Coppermine)', cacheKb: 256, flags: ['mmx', 'sse'] },
    memTotalKb: 61956,
    memAvailableKb: 57596,
    killedForMemory: false,
    kernelLog: [],
  };
  const story = told && { story: { ...train, ...told } };
  const laptop = { files: files('same'), plan, end, train, facts, hostSeconds: 12, ...story };
  const host = { files: files(hostCheckpoint), plan, end, train, hostSeconds: 0.6, ...story };
  const comparison = compareRuns(laptop, host);
  return { machine: findLaptop(), build: 'p3', laptop, host, comparison, saved: 'm.ckpt' };
}

describe('compareRuns', () => {
  it('when one byte differs, then that file and only that one differs', () => {
    const rows = compareRuns({ files: files('a'), end }, { files: files('b'), end });
    expect(rows.map(({ name, equal }) => [name, equal])).toEqual([
      ['checkpoint', false],
      ['log', true],
      ['sample', true],
    ]);
  });

  it('when no checkpoint was kept, then the sums of the weights are compared', () => {
    const [a, b] = [end, { ...end, sections_crc: '12345678' }];
    const rows = (other: typeof end) => {
      const [left, right] = [a, other].map((each) => ({ files: { log: Buffer.of(1) }, end: each }));
      if (!left || !right) throw new Error('two runs');
      return compareRuns(left, right).map(({ name, equal }) => [name, equal]);
    };
    expect(rows(a)).toEqual([
      ['weights', true],
      ['log', true],
    ]);
    expect(rows(b)[0]).toEqual(['weights', false]);
  });
});

describe('summaryText', () => {
  it('when the bits are equal, then each number stands there with its label', () => {
    const text = summaryText(report('same'));
    expect(text).toContain('  | Once\n  | upon\n');
    expect(text).toContain('Pentium III (Coppermine): mmx, sse, no sse2 (emulated)');
    expect(text).toContain('4.1 -> 1.9');
    expect(text).toContain('peak 4 kB, plan 5 kB (emulated)');
    expect(text).toContain('limit 10 kB; 57,596 kB of 61,956 kB were free (emulated)');
    expect(text).toContain('2,000 instructions per token (emulated)');
    expect(text.match(/, equal in laptop and host/g)).toHaveLength(3);
    expect(text).not.toContain('DIFFERENT');
  });

  it('when the bits differ, then both hashes stand there', () => {
    const text = summaryText(report('other'));
    expect(text).toMatch(/checkpoint {2}[0-9a-f]{64} laptop\n {12}[0-9a-f]{64} host, DIFFERENT/);
  });
});

describe('the story of the bundled model', () => {
  it('when it was told, then it stands under its own heading, in lines, and is compared', () => {
    const text = summaryText(report('same', { stdout: `${'A cat sat. '.repeat(20)}\n` }));
    expect(text).toMatch(/generated inside the laptop:\n {2}\| Once\n {2}\| upon\nand what such/);
    const [, block = ''] = /inside the same laptop:\n(( {2}\|.*\n)+)/.exec(text) ?? [];
    const lines = block.trimEnd().split('\n');
    expect(lines.length).toBe(3);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines.map((line) => line.slice(4)).join(' ')).toBe('A cat sat. '.repeat(20).trim());
    expect(text).toMatch(/\nstory {7}[0-9a-f]{64}, equal in laptop and host/);
    expect(summaryJson(report('same', { stdout: 'A cat.\n' })).story).toBe('A cat.\n');
  });

  it('when the host tells another one, then that differs', () => {
    const [there, here] = ['a', 'b'].map((stdout) => report('same', { stdout }));
    const rows = there && here ? compareRuns(there.laptop, here.host) : [];
    expect(rows.filter(({ equal }) => !equal).map(({ name }) => name)).toEqual(['story']);
  });

  it('when it could not be told, then why stands in its place', () => {
    const refused = { exitCode: 2, stderr: 'legacy_llm: it needs 8 MB\n' };
    const text = summaryText(report('same', refused));
    expect(text).toContain('\nno story by the bundled model: it needs 8 MB\n');
    expect(text).not.toMatch(/^story/m);
    expect(summaryJson(report('same', refused))).not.toHaveProperty('story');
  });
});

describe('summaryJson', () => {
  it('when the bits differ, then it says so, and numbers stay numbers', () => {
    expect(summaryJson(report('other'))).toMatchObject({
      machine: 'p3-64',
      equal: false,
      emulated: { instructions_per_token: 2000, cap_bytes: 10240, peak_bytes: 4096 },
    });
    expect(summaryJson(report('same')).equal).toBe(true);
    expect(summaryJson(report('same')).checkpoint).toBe('m.ckpt');
    const { laptop, ...rest } = report('same');
    const { checkpoint, ...files } = laptop.files;
    const alone = summaryJson({ ...rest, laptop: { ...laptop, files }, saved: 'm.log' });
    expect(alone).toMatchObject({ log: 'm.log' });
    expect(alone).not.toHaveProperty('checkpoint');
  });
});

describe('planTable', () => {
  it('when printed, then the largest item comes first and none takes nothing', () => {
    expect(planTable(plan)).toBe('weights  4 kB\nsmall    1 kB');
  });
});
