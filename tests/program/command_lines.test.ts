// Command lines of the program: each word in its place.
import { expect, test } from 'vitest';
import {
  evalCommand,
  exportCommand,
  generateCommand,
  planCommand,
  trainCommand,
} from '../../ts/program/command_lines.ts';

test('a training keeps what it is given names for', () => {
  const settings = { steps: 3, seed: 7 };
  const files = { text: 't', checkpoint: 'm', log: 'l' };
  const rest = '--json --steps 3 --seed 7';
  expect(trainCommand(files, settings).join(' ')).toBe(`train --text t --out m --log l ${rest}`);
  expect(trainCommand({ text: 't' }, settings).join(' ')).toBe(`train --text t --out none ${rest}`);
});

test('the others name model, text and manner', () => {
  expect(generateCommand('m', 's', 9, 7).join(' ')).toBe(
    'generate --model m --out s --tokens 9 --seed 7',
  );
  expect(evalCommand('m', 't', '--eval-tokens', '64').join(' ')).toBe(
    'eval --model m --text t --json --eval-tokens 64',
  );
  expect(planCommand('t', ['--dim', '8']).join(' ')).toBe('plan --text t --dim 8 --json');
  expect(exportCommand('c', 'm')).toEqual(['export', '--model', 'c', '--out', 'm']);
});
