// What bench says: every row in every form, the same bits in both forms of this model, and nothing
// that is not one of its rows.
import { describe, expect, test } from 'vitest';
import { onlyLine, runProgram, small } from './program.ts';

interface Line {
  event: string;
  group: string;
  name: string;
  form: string;
  shape: string;
  unit: string;
  units: number;
  repeats: number;
  median_us: string;
  least_us: string;
  most_us: string;
  macs: number;
  bytes: number;
  crc: string;
}

// The rows, by the forms that they have.
const PRODUCTS = [
  ...['step', 'forward', 'backward', 'generate'],
  ...['product', 'product-one', 'input-gradient', 'weight-gradient'],
];
const BOTH = [
  ...['update', 'attention', 'attention-backward', 'norm', 'norm-backward', 'rope'],
  ...['softmax', 'dot', 'axpy', 'adam'],
];
const OURS = ['count', 'predict', 'scales', 'codes', 'pack', 'unpack', 'newton-schulz'];
const PHASES = ['step', 'forward', 'backward', 'update', 'generate', 'count', 'predict'];

const shape = small.filter((word) => word !== '--counts' && word !== 'none'); // it counts by itself

function bench(target: string, ...args: string[]) {
  return runProgram(['bench', ...shape, ...args], undefined, target);
}

async function measure(target: string, ...args: string[]): Promise<Line[]> {
  const result = await bench(target, '--json', ...args);
  expect(result).toMatchObject({ stderr: '', exitCode: 0 });
  const lines = result.stdout.trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line));
  expect(events.pop()).toEqual({ event: 'bench_plan', arena: expect.any(Number) });
  return events;
}

const formsOf = (lines: Line[], name: string) =>
  lines.filter((line) => line.name === name).map(({ form }) => form);

const crcsOf = (lines: Line[], form: string) =>
  lines.filter((line) => line.form === form).map(({ name, crc }) => [name, crc]);

describe('bench --json', () => {
  test.each([
    ['host', ['fp32']],
    ['host-sse', ['fp32', 'fp32-sse']],
  ])('%s: every row in every form that it has', async (target, forms) => {
    const lines = await measure(target, '--repeat', '2');
    expect(new Set(lines.map(({ name }) => name))).toEqual(
      new Set([...PRODUCTS, ...BOTH, ...OURS]),
    );
    for (const name of PRODUCTS) expect(formsOf(lines, name)).toEqual(['plain', 'fast', ...forms]);
    for (const name of BOTH) expect(formsOf(lines, name)).toEqual(['plain', 'fast', 'fp32']);
    for (const name of OURS) expect(formsOf(lines, name)).toEqual(['plain', 'fast']);
    for (const line of lines) {
      expect(line.event).toBe('bench');
      expect(line.group).toBe(PHASES.includes(line.name) ? 'phase' : 'kernel');
      expect(line.repeats).toBe(2);
      expect(line.units).toBeGreaterThan(0);
      expect(line.shape).toMatch(/^\d+(x\d+)+$/);
      expect(line.unit).toMatch(/^(token|weight|call)$/);
      expect(line.macs).toBeGreaterThanOrEqual(0);
      expect(line.bytes).toBeGreaterThanOrEqual(0);
      expect(line.crc).toMatch(/^[0-9a-f]{8}$/);
      const times = [line.least_us, line.median_us, line.most_us];
      for (const time of times) expect(time).toMatch(/^\d+\.\d{3}$/);
      expect(times.map(Number)).toEqual(times.map(Number).sort((a, b) => a - b));
    }
  });

  test.each([
    [],
    ['--optimizer', 'direct', '--norm', 'layer'],
    ['--optimizer', 'adam', '--scheme', '2bit', '--act', 'relu', '--recompute', 'block'],
    ['--optimizer', 'spectral', '--scheme', 'binary', '--micro-batch', '1', '--dim', '20'],
  ])(
    'the outputs are the same, plain or fast, in two builds, and however often: %j',
    async (...mode) => {
      const sse = await measure('host-sse', '--form', 'plain,fast', '--repeat', '1', ...mode);
      expect(crcsOf(sse, 'plain')).toEqual(crcsOf(sse, 'fast'));
      const plain = await measure('host', '--form', 'fast', '--repeat', '3', ...mode);
      expect(crcsOf(plain, 'fast')).toEqual(crcsOf(sse, 'fast'));
    },
  );

  test('with AVX2 and with threads the outputs are the same', async () => {
    const { stdout } = await bench('host-avx2', '--only', 'dot', '--repeat', '1');
    const fast = stdout.startsWith('kernels: AVX2;') ? ['fast-128', 'fast'] : ['fast'];
    const lines = await measure('host-avx2', '--repeat', '1', '--threads', '3');
    expect(formsOf(lines, 'step')).toEqual(['plain', ...fast, 'threads', 'fp32', 'fp32-sse']);
    expect(formsOf(lines, 'product')).toEqual(['plain', ...fast, 'fp32', 'fp32-sse']);
    for (const form of fast) expect(crcsOf(lines, form)).toEqual(crcsOf(lines, 'plain'));
    expect(crcsOf(lines, 'threads')).toEqual(crcsOf(lines, 'plain').slice(0, 1));
  });

  test('the seed changes the inputs', async () => {
    const only = ['--only', 'step,product', '--form', 'fast', '--repeat', '1'];
    const [one, other] = [
      await measure('host', ...only),
      await measure('host', ...only, '--seed', '2'),
    ];
    for (const [i, line] of one.entries()) expect(line.crc).not.toBe(other[i]?.crc);
  });

  test('--only takes rows and groups, --form forms', async () => {
    const lines = await measure('host', '--only', 'phase,rope', '--form', 'fp32', '--repeat', '1');
    expect(lines.map(({ name }) => name)).toEqual([
      ...PHASES.filter((name) => !OURS.includes(name)),
      'rope',
    ]);
    expect(new Set(lines.map(({ form }) => form))).toEqual(new Set(['fp32']));
  });

  test('counts of units, multiply-accumulates and bytes are those of the shape', async () => {
    const only = 'step,forward,update,generate,product,product-one';
    const lines = await measure('host', '--only', only, '--form', 'fast,fp32', '--repeat', '1');
    const line = (name: string, form = 'fast') => {
      const found = lines.find((one) => one.name === name && one.form === form);
      if (!found) throw new Error(`no ${name}, ${form}`);
      return found;
    };
    const weights = 12 * 16 * 16;
    expect(line('step').units).toBe(2 * 16);
    expect(line('forward')).toMatchObject({ units: 16, bytes: weights });
    expect(line('forward', 'fp32')).toMatchObject({ bytes: 4 * weights });
    expect(line('forward').macs).toBe(16 * weights + 16 * 17 * 16);
    expect(line('update').units).toBe(weights + (62 + 64) * 16 + 2 + 2); // gains, too
    expect(line('update').bytes).toBe(weights + 2 * 62 * 16 + 4 * (2 + 2));
    expect(line('product')).toMatchObject({ shape: '16x16x64', macs: 16 * 16 * 64, bytes: 1024 });
    expect(line('product-one')).toMatchObject({ shape: '1x16x64', bytes: 64 * 4 });
    expect(line('product-one', 'fp32')).toMatchObject({ bytes: 4 * 1024 });
    expect(line('generate', 'fp32').bytes).toBe(4 * (weights + 62 * 16));
  });
});

describe('bench', () => {
  test('without --repeat it measures at least three times', async () => {
    const lines = await measure('host', '--only', 'dot,rope', '--form', 'fast');
    for (const { repeats } of lines) expect(repeats).toBeGreaterThanOrEqual(3);
  });

  test('the table has a line for each row and ends with the memory', async () => {
    const { stdout } = await bench('host-sse', '--repeat', '1');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/SSE1 and MMX; 1 layers, 2 heads, dim 16, context 16, batch 2/);
    for (const name of [...PRODUCTS, ...BOTH, ...OURS]) {
      expect(lines.filter((line) => line.startsWith(`${name} `))).toHaveLength(1);
    }
    expect(lines.at(-1)).toMatch(/^memory: [\d,]+ bytes/);
  });

  test.each([
    ['--only', 'phase,nonsense', 'newton-schulz'],
    ['--only', '', '--only is empty'],
    ['--form', 'fp64', 'plain, fast-128, fast, threads, fp32, fp32-sse'],
    ['--repeat', '1001', 'from 0 to 1000'],
    ['--dim', '18', 'dim must be a multiple'],
    ['--micro-batch', '3', 'more than the batch'],
  ])('when %s is %j then one line says what there is', async (option, value, words) => {
    const result = await bench('host', option, value);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain(words);
    expect(result.stdout).toBe('');
  });

  test('only what was asked for needs memory; too little is refused in one line', async () => {
    const all = await bench('host', '--ram', '100KB');
    expect(all.exitCode).toBe(2);
    expect(onlyLine(all)).toMatch(/takes [\d,]+ bytes of memory, but --ram allows only 102,400/);
    const arena = async (...args: string[]) => {
      const { stdout } = await bench('host', '--json', '--repeat', '1', ...args);
      return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '').arena as number;
    };
    expect(await arena('--only', 'generate', '--form', 'fast')).toBeLessThan(await arena());
  });
});
