import { describe, expect, it } from 'vitest';
import { readMethods } from '../../ts/experiments/methods.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { writeFakeProgram } from './fake_program.ts';

const folder = useTemporaryFolder();

describe('readMethods', () => {
  it('when the program has the command, then its methods come', async () => {
    const { optimizers } = await readMethods(writeFakeProgram(folder()));
    expect(optimizers.map(({ name }) => name)).toEqual(['muon', 'lion']);
  });

  it('when it has not, then the error says what it was for', async () => {
    const program = { command: ['false'] as const, target: 't', compiler: 'c', sha256: 's' };
    await expect(readMethods(program)).rejects.toThrow('the list of methods failed');
  });
});
