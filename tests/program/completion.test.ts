// What lets a shell complete commands, options and the names of values: the scripts that the program
// prints, in the shells that read them.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { exec } from '../../ts/support/exec.ts';
import { testWith } from '../needs.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { onlyLine, runProgram } from './program.ts';

const folder = useTemporaryFolder();

// The script of a shell, as a file in the folder of the test.
async function scriptOf(shell: string): Promise<string> {
  const { stdout, stderr } = await runProgram(['--completion', shell]);
  expect(stderr).toBe('');
  const file = path.join(folder(), `completion.${shell}`);
  writeFileSync(file, stdout);
  writeFileSync(path.join(folder(), 'my.ckpt'), '');
  return file;
}

// What is typed, the last word not to its end, and what it may become.
const typed: readonly [string[], string[]][] = [
  [['gener'], ['generate']],
  [
    ['train', '--optimizer', 'mu'],
    ['muon', 'muon-float'],
  ],
  [['generate', '--mo'], ['--model']],
  [['generate', '--model', 'my'], ['my.ckpt']],
  [['generate', '-m', 'my'], ['my.ckpt']],
  [['eval', 'my'], ['my.ckpt']],
];

describe('completion', () => {
  test.each(typed)('bash: %j becomes %j', async (words, expected) => {
    const script = await scriptOf('bash');
    const line = `source ${script}; COMP_WORDS=(legacy_llm "$@"); COMP_CWORD=$#
      _legacy_llm; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await exec('bash', ['-c', line, 'bash', ...words], { cwd: folder() });
    expect(stdout.trim().split('\n')).toEqual(expected);
  });

  testWith(['fish'], 'install fish', 'fish completes the same', async () => {
    const script = await scriptOf('fish');
    for (const [words, expected] of typed) {
      const line = `source ${script}; complete -C 'legacy_llm ${words.join(' ')}'`;
      const { stdout } = await exec('fish', ['--no-config', '-c', line], { cwd: folder() });
      const found = stdout.trim().split('\n');
      expect(found.map((each) => each.split('\t')[0])).toEqual(expected);
    }
  });

  testWith(['zsh'], 'install zsh', 'zsh takes it for that of the program', async () => {
    const script = await scriptOf('zsh');
    const line = `autoload -Uz compinit && compinit -u -D && source ${script}`;
    const { stdout, stderr } = await exec('zsh', ['-fc', `${line} && print $_comps[legacy_llm]`]);
    expect({ stdout, stderr }).toEqual({ stdout: '_legacy_llm\n', stderr: '' });
  });

  test.each([[[]], [['ksh']]])('%j is refused with what there is', async (words) => {
    const result = await runProgram(['--completion', ...words]);
    expect(result.exitCode).toBe(2);
    expect(onlyLine(result)).toContain('give one of bash|zsh|fish');
  });
});
