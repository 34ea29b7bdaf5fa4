import { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { addTrainOptions, withDefaults } from '../../ts/commands/train_options.ts';
import {
  checkShape,
  limits,
  type TrainSettings,
  trainArgs,
} from '../../ts/program/train_options.ts';
import { UserError } from '../../ts/support/errors.ts';
import { runProgram } from '../program/program.ts';

beforeAll(async () => void (await buildTarget(findTarget('host'))));

const defaults = { steps: 9, layers: 2, heads: 4, dim: 48, context: 32, batch: 4 };

function parse(args: string[]): TrainSettings {
  const command = addTrainOptions(new Command(), defaults);
  command.exitOverride().configureOutput({ writeErr: () => {} });
  return withDefaults(command.parse(args, { from: 'user' }).opts<TrainSettings>(), defaults);
}

describe('train options', () => {
  it('when none is given, then the program gets every default by name', () => {
    const args = '--steps 9 --seed 1 --layers 2 --heads 4 --dim 48 --context 32 --batch 4';
    expect(trainArgs(parse([]))).toEqual(args.split(' '));
  });

  it('when the rate is given, then it is handed on as it was written', () => {
    expect(trainArgs(parse(['--lr', '0.0025', '--steps', '12']))).toEqual(
      expect.arrayContaining(['12', '--lr', '0.0025']),
    );
  });

  it('when a preset is given, then the program gets it and what else was given', () => {
    expect(trainArgs(parse(['--preset', 'max64', '--steps', '3']))).toEqual(
      '--preset max64 --steps 3 --seed 1'.split(' '),
    );
  });

  it('when methods and memory modes are given, then they are handed on', () => {
    const given = [
      ...['--embedding-lr', '0.01', '--bigram-rows', '64', '--optimizer', 'direct'],
      ...['--scheme', 'row', '--norm', 'layer', '--act', 'relu'],
      ...['--micro-batch', '2', '--recompute', 'block'],
    ];
    expect(trainArgs(parse(given)).slice(-given.length)).toEqual(given);
  });

  it('when a tokenizer is given, then it is handed on as it was written', () => {
    const given = [
      ...['--tokenizer', 'bpe', '--vocab', '300', '--separator', '\\n\\n'],
      ...['--counts', '4MB', '--order', '6'],
    ];
    expect(trainArgs(parse(given)).slice(-given.length)).toEqual(given);
  });

  it.each(Object.entries(limits))('%s has the limits of the program', async (name, [low, high]) => {
    const option = `--${name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`;
    const above = await runProgram(['train', '--out', 'none', option, String(high + 1)]);
    expect(above.stderr).toContain(`give a whole number from ${low} to ${high}`);
    expect(() => parse([`${option}=${high + 1}`])).toThrow(`at most ${high}`);
    if (low > 0) expect(() => parse([`${option}=${low - 1}`])).toThrow(`at least ${low}`);
    expect(parse([`${option}=${high}`])).toHaveProperty(name, high);
  });

  it.each([
    [{ dim: 50, heads: 4 }, ['--dim', '50', '--heads', '4']],
    [{ vocab: 300 }, ['--vocab', '300']],
  ])('%j is refused as the program refuses it', async (settings, args) => {
    expect(() => checkShape({ seed: 1, ...settings })).toThrow(UserError);
    expect(await runProgram(['plan', ...args])).toMatchObject({ exitCode: 2 });
  });

  it.each([
    ['--tokenizer', 'words'],
    ['--optimizer', 'sgd'],
    ['--scheme', 'float'],
    ['--norm', 'batch'],
    ['--act', 'gelu'],
    ['--preset', 'huge'],
  ])('when %s is %s, then the choices are named', (name, value) => {
    expect(() => parse([name, value])).toThrow(/Allowed choices are/);
  });

  it.each([
    ['--steps', 'x'],
    ['--steps', '-1'],
    ['--seed', '4294967296'],
    ['--dim', '1.5'],
    ['--lr', 'fast'],
    ['--lr', ''],
    ['--embedding-lr', 'x'],
    ['--micro-batch', 'all'],
    ['--bigram-rows', '-1'],
    ['--vocab', 'many'],
    ['--recompute', 'banana'],
    ['--recompute', '0'],
    ['--recompute', '999'],
  ])('when %s is %j, then it is refused', (name, value) => {
    expect(() => parse([`${name}=${value}`])).toThrow(/must be a/);
  });
});
