// Trainings in several processes: the bits of one alone, whatever their number and their builds; and
// what is said where they do not go together.
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { rankShape } from '../../ts/commands/kill.ts';
import { killRanks } from '../../ts/robustness/kill_ranks.ts';
import { MPIRUN, mpirunArgs, type RankGroup } from '../../ts/runs/ranks.ts';
import { whyNotHere } from '../../ts/runs/runners.ts';
import { type ExecResult, execAny } from '../../ts/support/exec.ts';
import { sha256File } from '../../ts/support/hash.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { freePort } from '../ports.ts';
import { storiesOf } from '../stories.ts';
import { temporaryFolderOfSuite, useTemporaryFolder } from '../temporary.ts';
import { onlyLine, programOf, runProgram } from './program.ts';

const folder = useTemporaryFolder();
const made = temporaryFolderOfSuite();
const sample = () => path.join(made(), 'text.txt');
beforeAll(() => writeFileSync(sample(), storiesOf(40_000)));

const shape = [
  ...['--layers', '4', '--heads', '2', '--dim', '32', '--context', '32', '--batch', '8'],
  ...['--tokenizer', 'bpe', '--vocab', '300', '--bigram-rows', '64', '--ngrams', '4'],
  ...['--ngram-rows', '32', '--ngram-dropout', '0.2', '--counts', '32KB', '--order', '3'],
];

const training = (out: string, ...more: string[]) => [
  ...['train', '--text', sample(), '--steps', '12', ...shape, '--out', out, ...more],
];

// Starts ranks; more of them may follow, of another build or with other words.
async function mpirun(...groups: RankGroup[]) {
  return execAny(MPIRUN, mpirunArgs(groups), { cwd: folder() });
}

async function ranks(count: number, args: readonly string[], build = 'host-mpi') {
  return { count, args, program: await programOf(build) };
}

let alone: Promise<string> | undefined;

// The SHA-256 of the checkpoint of one process, by the build that is the specification.
function hashAlone(): Promise<string> {
  alone ??= runProgram(training('alone.ckpt'), folder()).then((result) => {
    expect(result.stderr).toBe('');
    return sha256File(path.join(folder(), 'alone.ckpt'));
  });
  return alone;
}

describe('the same bits', () => {
  test.each([1, 2, 3, 4, 8])('on %i ranks', async (count) => {
    const expected = await hashAlone();
    const result = await mpirun(await ranks(count, training('r.ckpt')));
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(expected);
    expect(readdirSync(folder())).not.toContain('r.ckpt.lock');
  });

  // One layer's gradient is on its way while the next is computed, in the memory of two.
  test.each([
    ['2', '--recompute none'],
    ['3', '--recompute 1'],
    ['4', '--recompute 3 --threads 2'],
  ])('on %s ranks that keep two layers of gradients, with %s', async (count, more) => {
    const expected = await hashAlone();
    const args = training('r.ckpt', '--micro-batch', '8', ...more.split(' '));
    const result = await mpirun(await ranks(Number(count), args));
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(expected);
  });

  test('on ranks of two builds, in four memory modes, with threads and without', async () => {
    const expected = await hashAlone();
    const result = await mpirun(
      await ranks(1, training('r.ckpt', '--recompute', 'block', '--micro-batch', '1')),
      await ranks(2, training('r.ckpt', '--threads', '2'), 'host-mpi-avx2'),
      await ranks(1, training('r.ckpt', '--recompute', '1')),
      await ranks(1, training('r.ckpt', '--micro-batch', '8')),
    );
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(expected);
  });

  test('stopped on three, resumed on two, ended alone', async () => {
    const expected = await hashAlone();
    const resume = ['train', '--resume', 'r.ckpt', '--text', sample()];
    await mpirun(await ranks(3, training('r.ckpt', '--stop-after', '4')));
    await mpirun(await ranks(2, [...resume, '--stop-after', '9']));
    expect((await runProgram(resume, folder())).exitCode).toBe(0);
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(expected);
  });

  test('one log, and one plan, of the rank that writes', async () => {
    const log = ['--log', 'r.log', '--eval-every', '6', '--json'];
    const result = await mpirun(await ranks(2, training('r.ckpt', ...log)));
    await runProgram(training('a.ckpt', '--log', 'a.log', '--eval-every', '6', '--json'), folder());
    expect(await sha256File(path.join(folder(), 'r.log'))).toBe(
      await sha256File(path.join(folder(), 'a.log')),
    );
    expect(result.stdout.match(/"event":"plan"/g)).toHaveLength(1);
  });
});

// Addresses of this machine that nobody listens at.
async function freeAddresses(count: number): Promise<string> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  return ports.map((port) => `127.0.0.1:${port}`).join(',');
}

// Starts ranks by hand, as on computers of their own: one for each build, with these words.
async function peers(builds: readonly string[], args: (rank: number) => readonly string[]) {
  const addresses = await freeAddresses(builds.length);
  return startPeers(builds, args, () => addresses);
}

async function startPeers(
  builds: readonly string[],
  args: (rank: number) => readonly string[],
  addresses: (rank: number) => string,
) {
  await Promise.all(builds.map((build) => programOf(build)));
  const start = (build: string, rank: number) =>
    runProgram(
      [...args(rank), '--peers', addresses(rank), '--rank', String(rank)],
      folder(),
      build,
    );
  return Promise.all(builds.map(start));
}

// Listens, and carries what comes to this port and back, some bytes at a time; hangs up on both ends
// after so many in all.
async function carrier(port: string | undefined, most: number): Promise<Server> {
  let left = most;
  async function* few(source: AsyncIterable<Buffer>) {
    for await (const chunk of source)
      for (let at = 0; at < chunk.length; at += 1000) {
        const piece = chunk.subarray(at, at + 1000);
        left -= piece.length;
        if (left < 0) throw new Error('hung up');
        yield piece;
      }
  }
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    const hangUp = () => {
      near.destroy();
      far.destroy();
    };
    Promise.all([pipeline(near, few, far), pipeline(far, few, near)]).catch(hangUp);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

// Two ranks with such a carrier between them.
async function carriedPeers(most: number) {
  const [first, second] = (await freeAddresses(2)).split(',');
  const server = await carrier(first?.split(':')[1], most);
  const between = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const results = await startPeers(
    ['host', 'host'],
    () => training('r.ckpt', '--micro-batch', '8'),
    (rank) => `${rank === 0 ? first : between},${second}`,
  );
  server.close();
  return results;
}

describe('without MPI, by --peers', () => {
  const foreign = ['ppc', 's390x'].filter((target) => !whyNotHere({ name: target, target }));

  test('the same bits on processors of other kinds together', async () => {
    const expected = await hashAlone();
    const builds = ['host-sse', 'p3', 'p2', ...foreign];
    const results = await peers(builds, () => training('r.ckpt'));
    for (const result of results) expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(expected);
  });

  test('the same bits where little comes at a time', async () => {
    const expected = await hashAlone();
    const results = await carriedPeers(Number.POSITIVE_INFINITY);
    for (const result of results) expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(expected);
  });

  // In the first layer's gradient of the first step, in its second layer, and steps later.
  test.each([20_000, 70_000, 900_000])('a link that is cut after %i bytes ends both', async (n) => {
    for (const result of await carriedPeers(n)) {
      expect(result.exitCode).toBe(1);
      expect(onlyLine(result)).toContain('another of the 2 ranks is gone, in the middle of a step');
    }
    expect(readdirSync(folder()).filter((name) => name.startsWith('r.ckpt'))).toEqual([]);
  });

  test('every computer says why it ends where they do not go together', async () => {
    const results = await peers(['host', 'host', 'host'], (rank) =>
      training(`r${rank}.ckpt`, ...(rank === 1 ? ['--seed', '2'] : [])),
    );
    for (const result of results) {
      expect(result.exitCode).toBe(2);
      expect(onlyLine(result)).toContain('rank 1 of 3 has other settings than rank 0');
    }
    expect(readdirSync(folder()).filter((name) => name.startsWith('r'))).toEqual([]);
  });

  test('a computer that fails ends the others', async () => {
    const results = await peers(['host', 'host'], (rank) =>
      training('r.ckpt', ...(rank === 1 ? ['--ram', '64KB'] : [])),
    );
    expect(results.map(({ exitCode }) => exitCode)).toEqual([1, 2]);
    expect(onlyLine(results[0] as ExecResult)).toContain('another of the 2 ranks is gone');
    expect(onlyLine(results[1] as ExecResult)).toContain('--ram');
  });

  test('what connects and is none of them is hung up on', async () => {
    const addresses = await freeAddresses(2);
    const start = (rank: number) =>
      runProgram([...training('r.ckpt'), '--peers', addresses, '--rank', `${rank}`], folder());
    const first = start(0);
    const stranger = await connected(Number(addresses.split(/[:,]/)[1]));
    stranger.write('GET / HTTP/1.1\r\n\r\n');
    await once(stranger.resume(), 'close');
    const both = await Promise.all([first, start(1)]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(await hashAlone());
  });

  test('who has another list of --peers is told so, and the others wait on', async () => {
    const three = await freeAddresses(3);
    const two = three.slice(0, three.lastIndexOf(','));
    const start = (rank: number, addresses: string) =>
      runProgram([...training('r.ckpt'), '--peers', addresses, '--rank', `${rank}`], folder());
    const first = start(0, two);
    const wrong = await start(1, three);
    expect(wrong.exitCode).toBe(2);
    expect(onlyLine(wrong)).toContain('rank 0 has another list of --peers, or another version');
    const both = await Promise.all([first, start(1, two)]);
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(await sha256File(path.join(folder(), 'r.ckpt'))).toBe(await hashAlone());
  });

  test.each([
    [['--peers', '10.0.0.1:7000,nowhere:80', '--rank', '1'], 'nowhere:80 is no address'],
    [['--peers', '127.0.0.1:7000', '--rank', '3'], '--rank 3 is none of the 1 of --peers'],
    [['--peers', '127.0.0.1:7000'], '--rank says which of --peers this is'],
    [['--rank', '1'], '--rank says which of --peers this is'],
    [
      ['--peers', '192.0.2.1:7000', '--rank', '0'],
      'cannot be reached at port 7000 of this machine',
    ],
  ])('%j is refused', async (more, words) => {
    const result = await runProgram(training('r.ckpt', ...more), folder());
    expect(result.exitCode).toBeGreaterThan(0);
    expect(onlyLine(result)).toContain(words);
  });
});

// A connection to a port of this machine, at which a program will soon listen.
async function connected(port: number): Promise<Socket> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const [event] = await Promise.race([
      once(socket, 'connect').then(() => ['connect']),
      once(socket, 'error').then(() => ['error']),
    ]).catch(() => ['error']);
    if (event === 'connect') return socket;
    await sleep(50);
  }
}

describe('what each rank takes', () => {
  const planOf = async (...more: string[]) => {
    const { stdout } = await runProgram(['plan', '--text', sample(), '--json', ...shape, ...more]);
    return JSON.parse(stdout) as { activation_bytes: number; arena_bytes: number };
  };
  const whole = ['--micro-batch', '8'];
  const memoryOf = ({ activation_bytes, arena_bytes }: Awaited<ReturnType<typeof planOf>>) => ({
    activation_bytes,
    arena_bytes,
  });

  test('is the activations of its own sequences', async () => {
    const [one, four] = [await planOf(...whole), await planOf(...whole, '--ranks', '4')];
    expect(four.activation_bytes).toBeLessThan(one.activation_bytes / 3);
    expect(four.arena_bytes).toBeLessThan(one.arena_bytes);
  });

  test('is two layers of gradients in the place of one, and no more where all are kept', async () => {
    const beside = async (...more: string[]) => {
      const plan = await planOf(...more);
      return plan.arena_bytes - plan.activation_bytes;
    };
    const layer = 4 * 12 * 32 * 32; // int32 of six matrices: four of dim * dim, two of dim * 4 dim
    expect((await beside(...whole, '--ranks', '2')) - (await beside(...whole))).toBe(layer);
    const few = ['--micro-batch', '1'];
    expect(await planOf(...few, '--ranks', '2')).toMatchObject(memoryOf(await planOf(...few)));
  });

  // The program refuses to train in a block that is not used to the byte.
  test('is what a training has', async () => {
    const json = training('none', '--json', ...whole);
    const { stdout } = await mpirun(await ranks(2, json));
    const events = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(events.find(({ event }) => event === 'plan')).toMatchObject(
      memoryOf(await planOf(...whole, '--ranks', '2')),
    );
    expect(events.at(-1)).toMatchObject({ event: 'end', ranks: 2 });
  });

  test('more ranks than sequences are refused', async () => {
    const result = await runProgram(['plan', '--text', sample(), ...shape, '--ranks', '9']);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain('9 ranks cannot share a batch of 8 sequences');
  });
});

describe('ranks that do not go together end all, with one line', () => {
  const other = () => path.join(folder(), 'other.txt');
  const rows: [string, () => Promise<RankGroup[]>, RegExp][] = [
    [
      'another text',
      async () => {
        writeFileSync(other(), 'A cat sat on the mat, and a dog came by. '.repeat(500));
        const text = ['train', '--text', other(), '--steps', '12', ...shape, '--out', 'r.ckpt'];
        return [await ranks(2, training('r.ckpt')), await ranks(1, text)];
      },
      /rank 2 of 3 has another text than rank 0/,
    ],
    [
      'other settings',
      async () => [
        await ranks(1, training('r.ckpt')),
        await ranks(2, training('r.ckpt', '--seed', '2')),
      ],
      /2 of the 3 ranks have other settings than rank 0/,
    ],
    [
      'a rank without the text',
      async () => [
        await ranks(2, training('r.ckpt')),
        await ranks(1, ['train', '--text', other(), '--out', 'r.ckpt']),
      ],
      /cannot read the text .*other.txt/,
    ],
    [
      'an option that is none',
      async () => [await ranks(3, training('r.ckpt', '--layrs', '2'))],
      /unknown option --layrs/,
    ],
    [
      'more ranks than sequences',
      async () => [await ranks(9, training('r.ckpt'))],
      /9 ranks cannot share a batch of 8 sequences/,
    ],
    [
      'a folder where the checkpoint is to go',
      async () => {
        mkdirSync(path.join(folder(), 'r.ckpt'), { recursive: true });
        return [await ranks(3, training('r.ckpt'))];
      },
      /r\.ckpt/,
    ],
    ['a full disk', async () => [await ranks(3, training('/dev/full', '--force'))], /dev\/full/],
    [
      'what one process would show',
      async () => [await ranks(2, training('r.ckpt', '--trace', 'r.trace'))],
      /--trace shows what one process computes/,
    ],
    [
      'another command',
      async () => [await ranks(2, ['methods'])],
      /several ranks can train and nothing else/,
    ],
  ];

  test.each(rows)('%s', async (_, groups, words) => {
    const result = await mpirun(...(await groups()));
    expect(result.exitCode).not.toBe(0);
    expect(onlyLine(result)).toMatch(words);
    expect(readdirSync(folder()).filter((name) => /tmp|lock/.test(name))).toEqual([]);
  });
});

// Fifty times with `npm run kill -- --ranks --times 50 --steps 300`.
test('a killed rank ends all, and the training goes on with any number of them', async () => {
  const settings = {
    ...{ program: await programOf('host-mpi'), folder: folder(), text: sample(), shape: rankShape },
    ...{ times: 3, seed: 3, steps: 150 },
  };
  const counts = await killRanks(settings, createProgress({ write: () => {} }));
  expect(counts.kills).toBe(3);
  expect(counts.finished).toBeGreaterThan(0);
});
