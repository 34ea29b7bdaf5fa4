// A program that was started so that it ends with its starter, which is killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect } from 'vitest';
import { testWith } from '../needs.ts';

const module = path.join(import.meta.dirname, '../../scripts/child.mjs');
// Starts a program that holds standard output open, and waits.
const SCRIPT = `
  import { spawn } from 'node:child_process';
  import { endingWithUs } from ${JSON.stringify(module)};
  const [file, ...words] = [...endingWithUs('TERM'), 'sh', '-c', 'echo begun; exec sleep 100000'];
  spawn(file, words, { stdio: 'inherit', env: { PATH: process.env.PATH } });
`;

testWith(['setpriv'], 'util-linux', 'a child ends when its parent is killed', async () => {
  const args = ['--input-type=module', '-e', SCRIPT];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(parent, 'close'); // when nobody has its output any more, the child neither
  await once(parent.stdout, 'data');
  parent.kill('SIGKILL');
  expect(await closed).toEqual([null, 'SIGKILL']);
});
