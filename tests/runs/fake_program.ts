// A program of our own that does as its words say: `copy FROM TO`, `say WORDS`, `fail CODE WORDS`,
// `die`, `where`.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BuiltRunner } from '../../ts/runs/job.ts';

const SCRIPT = `#!${process.execPath}
const fs = require('node:fs');
const [command, ...words] = process.argv.slice(2);
if (command === 'copy') fs.copyFileSync(words[0], words[1]);
if (command === 'say') console.log(words.join('\\n'));
if (command === 'where') console.log(process.cwd());
if (command === 'die') process.kill(process.pid, 'SIGKILL');
if (command === 'fail') {
  console.error('legacy_llm: ' + words.slice(1).join(' '));
  process.exitCode = Number(words[0]);
}
`;

// Writes the program into a folder; it runs on this machine.
export function fakeRunner(folder: string): BuiltRunner {
  const file = path.join(folder, 'fake_llm');
  writeFileSync(file, SCRIPT, { mode: 0o755 });
  return { name: 'fake', command: [file] };
}
