import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addTrainOptions, type TrainSettings, trainArgs } from '../../ts/training/settings.ts';

const defaults = { steps: 9, seed: 1, layers: 2, heads: 4, dim: 48, context: 32, batch: 4 };

function parse(args: string[]): TrainSettings {
  const command = addTrainOptions(new Command(), defaults);
  command.exitOverride().configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: 'user' }).opts();
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

  it.each([
    ['--steps', 'x'],
    ['--steps', '-1'],
    ['--seed', '4294967296'],
    ['--dim', '1.5'],
    ['--lr', 'fast'],
    ['--lr', ''],
  ])('when %s is %j, then it is refused', (name, value) => {
    expect(() => parse([`${name}=${value}`])).toThrow(/must be a/);
  });
});
