// Whole trainings by the native program: memory, resuming, interrupting, learning.
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { longRunTarget } from '../../ts/build/targets.ts';
import { readCheckpoint } from '../../ts/program/checkpoint.ts';
import { lastEvent } from '../../ts/program/events.ts';
import { sha256 } from '../../ts/support/hash.ts';
import { execPlain } from '../exec.ts';
import { stories } from '../stories.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { startChild } from './child.ts';
import { type Memory, memoryOfTraining, residentError } from './memory.ts';
import { programOf, runProgram, small } from './program.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
const hashOf = (name: string) => sha256(readFileSync(at(name)));

const train = (out: string, ...args: string[]) =>
  runProgram(['train', '--text', stories, '--out', at(out), ...args], undefined, 'host-sse');

describe('self-test', () => {
  test.each(['host', 'host-sse', 'p2', 'p3'])(
    'the build %s passes its own tests',
    async (target) => {
      const result = await runProgram(['selftest'], undefined, target);
      expect(result.stdout).toMatch(/\d+ passed, 0 failed/);
      expect(result.exitCode).toBe(0);
    },
  );
});

describe('--embedding-init', () => {
  // Of the embeddings of tokens after a step in which nothing is learned.
  async function deviation(...args: string[]) {
    const still = ['--steps', '1', '--lr', '0', '--embedding-lr', '0', '--counts', 'none'];
    const { exitCode } = await train('still.ckpt', ...small, ...still, ...args, '--force');
    expect(exitCode).toBe(0);
    const { sections } = readCheckpoint(readFileSync(at('still.ckpt')));
    const values = [...(sections.find(({ name }) => name === 'token_embedding')?.values ?? [])];
    return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length) / 2 ** 14;
  }

  test('is the deviation with which the embeddings of tokens begin', async () => {
    expect(await deviation()).toBeCloseTo(0.02, 2);
    expect(await deviation('--embedding-init', '0.02')).toBe(await deviation());
    expect(await deviation('--embedding-init', '0.5')).toBeCloseTo(0.5, 1);
  });

  test('a training that is resumed goes on from where its embeddings are', async () => {
    const wide = ['--embedding-init', '0.5', '--steps', '4'];
    await train('whole.ckpt', ...small, ...wide);
    await train('half.ckpt', ...small, ...wide, '--stop-after', '2');
    expect((await train('resumed.ckpt', '--resume', at('half.ckpt'))).exitCode).toBe(0);
    expect(hashOf('resumed.ckpt')).toBe(hashOf('whole.ckpt'));
  });

  test.each(['0', '1.5', '-1', 'x'])('%s is refused with what it may be', async (value) => {
    const { exitCode, stderr } = await train('no.ckpt', ...small, '--embedding-init', value);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--embedding-init');
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('memory', () => {
  const PAGES = 16 * 4096; // of what depends on where the system has put things
  const others: Partial<Memory> = {}; // what the first shape takes beside its arena
  const shapes: string[][] = [
    ['--dim', '32', '--layers', '1'],
    ['--dim', '128', '--layers', '4', '--context', '128'],
    ['--dim', '256', '--layers', '4', '--bigram-rows', '0'],
  ];
  test.each(shapes.map((shape) => [shape]))(
    'memory is the plan and what every training takes besides: %j',
    async (shape) => {
      const result = await train('m.ckpt', '--steps', '2', '--batch', '2', '--json', ...shape);
      const plan = lastEvent(result.stdout, 'plan');
      const end = lastEvent(result.stdout, 'end');
      expect(plan && end).toBeTruthy();
      const { total_bytes: total = 0, arena_bytes: arena = 0 } = plan ?? {};
      const wrong = total / 20 + 2 * residentError; // the plan has such a count in it, too
      expect(Math.abs((end?.peak_bytes ?? 0) - total)).toBeLessThan(wrong);
      const args = ['--text', stories, '--batch', '2', '--out', at('m.ckpt'), '--force'];
      const memory = await memoryOfTraining(await programOf('host-sse'), [...args, ...shape]);
      for (const part of ['mapped', 'touched'] as const) {
        others[part] ??= memory[part] - arena;
        expect(Math.abs(memory[part] - arena - others[part])).toBeLessThan(PAGES);
      }
      expect(memory.touched).toBeGreaterThan(arena);
      expect(others.touched).toBeLessThan(2 ** 20);
      const items = plan?.items.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(items).toBe(plan?.arena_bytes);
      expect(end?.plan_bytes).toBe(plan?.arena_bytes);
    },
  );

  test('`plan` prints the plan that training then uses', async () => {
    const shape = ['--dim', '48', '--layers', '3'];
    const planned = await runProgram(['plan', '--text', stories, '--json', ...shape]);
    const trained = await train('m.ckpt', '--steps', '1', '--json', ...shape);
    const [a, b] = [lastEvent(planned.stdout, 'plan'), lastEvent(trained.stdout, 'plan')];
    expect(a?.arena_bytes).toBe(b?.arena_bytes);
    expect(a?.items).toEqual(b?.items);
  });
});

describe('resuming', () => {
  test('training that was stopped ends in the bits of training that was not', async () => {
    await train('whole.ckpt', '--steps', '30', ...small);
    await train('part.ckpt', '--steps', '30', '--stop-after', '11', ...small);
    expect(readCheckpoint(readFileSync(at('part.ckpt'))).step).toBe(11);
    expect(hashOf('part.ckpt')).not.toBe(hashOf('whole.ckpt'));
    await train('part.ckpt', '--resume', at('part.ckpt'));
    expect(hashOf('part.ckpt')).toBe(hashOf('whole.ckpt'));
  });

  test('the same command with --resume goes on, also with byte pairs, its log too', async () => {
    const bpe = ['--tokenizer', 'bpe', '--vocab', '300', '--separator', '\\n\\n'];
    const logged = (name: string) => [
      '--log',
      at(name),
      '--eval-every',
      '4',
      '--eval-tokens',
      '99',
    ];
    const command = ['--steps', '14', '--save-every', '1', '--keep', '3', ...small, ...bpe];
    await train('whole.ckpt', ...command, ...logged('whole.log'));
    await train('part.ckpt', ...command, ...logged('part.log'), '--stop-after', '9');
    const older = ['part.ckpt', 'part.ckpt.1', 'part.ckpt.2'];
    const steps = older.map((name) => readCheckpoint(readFileSync(at(name))).step);
    expect(steps).toEqual([9, 8, 7]);
    const resumed = ['--resume', at('part.ckpt.2'), ...command, ...logged('part.log')];
    expect(await train('part.ckpt', ...resumed)).toMatchObject({ stderr: '', exitCode: 0 });
    expect(hashOf('part.ckpt')).toBe(hashOf('whole.ckpt'));
    expect(readFileSync(at('part.log'), 'utf8')).toBe(readFileSync(at('whole.log'), 'utf8'));
  });

  test.each([
    ['muon', '1', 'none', '4', 'block'],
    ['direct', '4', '2', '3', 'none'],
    ['adam', '2', 'block', '4', '2'],
  ])('%s at %s %s, resumed at %s %s, ends in the same bits', async (optimizer, m1, r1, m2, r2) => {
    const shape = [...small, '--layers', '3', '--batch', '4', '--steps', '9'];
    const mode = (micro: string, recompute: string) => [
      '--micro-batch',
      micro,
      '--recompute',
      recompute,
    ];
    const settings = [...shape, '--optimizer', optimizer];
    await train('whole.ckpt', ...settings, ...mode('1', 'none'));
    await train('part.ckpt', ...settings, '--stop-after', '4', ...mode(m1, r1));
    expect(readCheckpoint(readFileSync(at('part.ckpt'))).step).toBe(4);
    await train('part.ckpt', '--resume', at('part.ckpt'), ...mode(m2, r2));
    expect(hashOf('part.ckpt')).toBe(hashOf('whole.ckpt'));
  });

  test('--steps makes a training longer, with the same bits wherever it stops', async () => {
    await train('first.ckpt', '--steps', '8', ...small);
    const longer = ['--resume', at('first.ckpt'), '--steps', '20'];
    await train('whole.ckpt', ...longer);
    expect(readCheckpoint(readFileSync(at('whole.ckpt'))).step).toBe(20);
    await train('part.ckpt', ...longer, '--stop-after', '13', '--log', at('log'));
    await train('part.ckpt', '--resume', at('part.ckpt'), '--log', at('log'));
    expect(hashOf('part.ckpt')).toBe(hashOf('whole.ckpt'));
    // The first step after it has the rate of a training of 20 steps, without warm-up.
    const rates = readFileSync(at('log'), 'utf8').match(/"lr":[\d.]+/g) ?? [];
    expect(rates).toHaveLength(12);
    expect(Number(rates[6]?.slice(5)) / Number(rates[0]?.slice(5))).toBeCloseTo(0.5, 3);
    const fewer = await train('part.ckpt', '--resume', at('whole.ckpt'), '--steps', '19');
    expect(fewer.exitCode).toBe(2);
    expect(fewer.stderr).toMatch(/--steps cannot become fewer.* has 20/);
  });

  test('a damaged checkpoint names the newest whole one, and its command works', async () => {
    const keep = ['--save-every', '2', '--keep', '4'];
    await train('m.ckpt', '--steps', '9', ...keep, ...small);
    const whole = readFileSync(at('m.ckpt'));
    for (const name of ['m.ckpt', 'm.ckpt.1']) {
      const bytes = readFileSync(at(name));
      bytes[4000] = (bytes[4000] ?? 0) ^ 1;
      writeFileSync(at(name), bytes);
    }
    const refused = await train('m.ckpt', '--resume', at('m.ckpt'));
    expect(refused.exitCode).toBe(2);
    const advice =
      / m\S* is whole, at step 6; go on with: \S+ (train --resume (\S+) --out \S+) --text .*\n$/;
    const [, command = '', older] =
      advice.exec(refused.stderr.replaceAll(`${folder()}/`, '')) ?? [];
    expect(older).toBe('m.ckpt.2');
    await runProgram([...command.split(' '), '--text', stories], folder(), 'host-sse');
    expect(readFileSync(at('m.ckpt'))).toEqual(whole);
  });

  test('the advice is whole where the command would be too long for it', async () => {
    const name = `${'long'.repeat(50)}/m.ckpt`;
    mkdirSync(path.dirname(at(name)));
    await train(name, '--steps', '4', '--save-every', '2', '--keep', '2', ...small);
    const bytes = readFileSync(at(name));
    bytes[4000] = (bytes[4000] ?? 0) ^ 1;
    writeFileSync(at(name), bytes);
    const { stderr } = await train(name, '--resume', at(name));
    expect(stderr).toMatch(
      /m\.ckpt: .*; the file of this name with \.1 is whole, at step 2: give that\n$/,
    );
  });

  test('saving on the way changes nothing', async () => {
    await train('plain.ckpt', '--steps', '20', ...small);
    await train('saved.ckpt', '--steps', '20', '--save-every', '3', ...small);
    expect(hashOf('saved.ckpt')).toBe(hashOf('plain.ckpt'));
  });

  test('Ctrl-C saves what was learned, and resuming ends in the same bits', async () => {
    const steps = ['--steps', '1000000', ...small]; // none ends them before the signal comes
    const args = ['train', '--text', stories, '--out', at('cut.ckpt'), '--json', ...steps];
    const child = startChild(await programOf('host-sse'), args);
    await child.prints('"event":"step"');
    child.kill('SIGINT');
    const { code, stderr } = await child.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^legacy_llm: stopped at step \d+; the checkpoint is saved; go on with: \S+ train --resume .*\n$/,
    );
    const { step } = readCheckpoint(readFileSync(at('cut.ckpt')));
    expect(step).toBeGreaterThan(0);
    const further = ['--stop-after', String(step + 20)];
    await train('cut.ckpt', '--resume', at('cut.ckpt'), ...further);
    await train('whole.ckpt', ...steps, ...further);
    expect(hashOf('cut.ckpt')).toBe(hashOf('whole.ckpt'));
  });
});

describe('what is given again with --resume', () => {
  test('is taken where it agrees: a preset, a beginning, a warm-up, more steps', async () => {
    const tiny = ['--preset', 'tiny', '--counts', 'none', '--steps', '2000'];
    await train(
      'm.ckpt',
      ...tiny,
      '--warmup',
      '1500',
      '--embedding-init',
      '0.5',
      '--stop-after',
      '1',
    );
    const again = (...args: string[]) =>
      train('m.ckpt', '--resume', at('m.ckpt'), ...args, '--stop-after', '2');
    for (const args of [tiny, ['--embedding-init', '0.5'], ['--warmup', '1500']]) {
      expect(await again(...args)).toMatchObject({ stderr: '', exitCode: 0 });
    }
    expect(await again(...tiny, '--steps', '3000')).toMatchObject({ stderr: '', exitCode: 0 });
    expect(readCheckpoint(readFileSync(at('m.ckpt'))).step).toBe(2);
    expect((await again('--warmup', '100')).stderr).toContain('--warmup cannot change');
    expect((await again('--preset', 'base')).stderr).toContain('--preset cannot change');
  });

  test('--stop-after at a step that is behind it is said to be', async () => {
    await train('m.ckpt', '--steps', '4', '--stop-after', '2', ...small);
    const { stdout } = await train('m.ckpt', '--resume', at('m.ckpt'), '--stop-after', '1');
    expect(stdout).toContain('trained to step 2 of 4: --stop-after 1 was already reached\n');
  });
});

describe('--out none', () => {
  test('keeps no file, and its sum is that of the training that keeps one', async () => {
    const steps = ['--steps', '3', '--json', ...small];
    const kept = await train('m.ckpt', ...steps);
    const args = ['train', '--text', stories, '--out', 'none', ...steps];
    const summed = await runProgram(args, folder());
    expect(summed.exitCode).toBe(0);
    expect(readdirSync(folder())).toEqual(['m.ckpt']);
    const crcs = [kept, summed].map(({ stdout }) => lastEvent(stdout, 'end')?.sections_crc);
    expect(crcs[0]).toMatch(/^[0-9a-f]{8}$/);
    expect(crcs[1]).toBe(crcs[0]);
    const other = await train('other.ckpt', ...steps, '--seed', '9');
    expect(lastEvent(other.stdout, 'end')?.sections_crc).not.toBe(crcs[0]);
  });
});

describe('--json', () => {
  test('is JSON whatever bytes the name of the checkpoint has', async () => {
    const command = 'exec "$@" --out "$(printf \'a"\\\\\\001\\377\\303\\251\')"';
    const args = ['train', '--json', '--text', stories, '--steps', '1', ...small];
    const { stdout } = await execPlain('sh', ['-c', command, 'sh', await programOf(), ...args], {
      cwd: folder(),
    });
    expect(lastEvent(stdout, 'end')?.checkpoint).toBe('a"\\\x01\ufffd\u00e9');
  });
});

describe('learning', () => {
  test('the program without arguments ends well below the entropy of pairs, with three ideas', async () => {
    symlinkSync(path.dirname(stories), at('data'));
    const { stdout, stderr, exitCode } = await runProgram([], folder(), longRunTarget);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const loss = (row: string) =>
      Number(new RegExp(`^ {2}${row} +([\\d.]+) `, 'm').exec(stdout)?.[1]);
    expect(loss('unigram')).toBeGreaterThan(loss('bigram'));
    expect(loss('model')).toBeLessThan(0.75 * loss('bigram'));
    const ideas = stdout.split('\nThree things to try:\n')[1]?.split('\n') ?? [];
    const commands = ideas.filter((_, i) => i % 2 === 0 && ideas[i]);
    expect(commands).toEqual([
      expect.stringMatching(/ generate --prompt 'One day' --seed 2$/),
      expect.stringMatching(/ train --text my\.txt --preset book --out my\.ckpt$/),
      expect.stringMatching(/ help$/),
    ]);
    writeFileSync(at('my.txt'), readFileSync(stories));
    const typed = [commands[0], `${commands[1]} --stop-after 1`, commands[2]].join(' && ');
    const tried = await execPlain('sh', ['-c', typed], { cwd: folder() });
    expect(tried).toMatchObject({ stderr: '', exitCode: 0 });
    expect(tried.stdout).toMatch(/^One day/);
    expect(tried.stdout.match(/[.!?]"? [A-Z"]/g)?.length).toBeGreaterThan(5); // sentences
  });

  test('distinct seeds generate distinct texts, the same seed the same', async () => {
    await train('m.ckpt', '--steps', '30', ...small);
    const write = async (seed: string) =>
      (
        await runProgram([
          'generate',
          '--model',
          at('m.ckpt'),
          '--temperature',
          '1',
          '--seed',
          seed,
        ])
      ).stdout;
    expect(await write('1')).toBe(await write('1'));
    expect(await write('1')).not.toBe(await write('2'));
  });
});
