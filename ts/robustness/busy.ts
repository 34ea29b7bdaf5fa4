// Runs the tests again and again while all processors are kept busy by something else: a test that
// fails then depends on time, and not on the program.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { execAny } from '../support/exec.ts';
import { rootDir } from '../support/paths.ts';
import { formatSeconds, type Progress } from '../support/progress.ts';
import { withScratch } from '../support/scratch.ts';

export interface BusySettings {
  times: number;
  /** Processes that do nothing but keep a processor busy. */
  load: number;
  /** Test files; none: all. */
  files: readonly string[];
}

// What became of one run of the tests.
export interface BusyRun {
  passed: number;
  skipped: number;
  /** Names, each with the first line of its message. */
  failed: string[];
  seconds: number;
}

// All runs, one after the other; each is told as soon as it is over.
export async function testBusily(settings: BusySettings, progress: Progress): Promise<BusyRun[]> {
  const runs: BusyRun[] = [];
  const load = Array.from({ length: settings.load }, keepBusy);
  try {
    for (let i = 1; i <= settings.times; i++) {
      const run = await runTests(settings.files, (words) =>
        progress.update(`run ${i} of ${settings.times}: ${words}`, `${i}`),
      );
      runs.push(run);
      progress.line(`run ${i} of ${settings.times}: ${describeRun(run)}`);
    }
  } finally {
    for (const child of load) child.kill('SIGKILL');
  }
  return runs;
}

// A process that keeps a processor busy as long as this one lives.
function keepBusy(): ChildProcess {
  const script = `while (process.ppid === ${process.pid});`;
  return spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
}

async function runTests(
  files: readonly string[],
  onLine: (words: string) => void,
): Promise<BusyRun> {
  return withScratch('busy', async (folder) => {
    const report = path.join(folder, 'report.json');
    const vitest = path.join(rootDir, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
    const result = await execAny(process.execPath, [vitest, 'run', ...reporters, ...files], {
      cwd: rootDir,
      onStdout: onLine,
    });
    const text = await readFile(report, 'utf8').catch(() => {
      throw new UserError(`vitest wrote no report (exit code ${result.exitCode})`, {
        hint: result.stderr.trim(),
      });
    });
    const counts = countsOf(JSON.parse(text));
    if (result.exitCode !== 0 && counts.failed.length === 0)
      counts.failed.push(`vitest ended with exit code ${result.exitCode}, though no test failed`);
    return { ...counts, seconds: result.hostSeconds };
  });
}

// The part of vitest's report that is used here.
interface Report {
  testResults: {
    name: string;
    message: string;
    status: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

function countsOf({ testResults }: Report): Omit<BusyRun, 'seconds'> {
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map((test) => ({ ...test, file: path.relative(rootDir, name) })),
  );
  const failed = tests
    .filter(({ status }) => status === 'failed')
    .map((test) => `${test.file}: ${test.fullName}: ${firstLine(test.failureMessages[0])}`);
  // A file may fail before it has a test, or behind its last one.
  const broken = testResults
    .filter(({ status }) => status === 'failed')
    .filter(({ assertionResults }) => !assertionResults.some((test) => test.status === 'failed'))
    .map(({ name, message }) => `${path.relative(rootDir, name)}: ${firstLine(message)}`);
  const count = (wanted: string) => tests.filter(({ status }) => status === wanted).length;
  const skipped = tests.length - count('passed') - count('failed');
  return { passed: count('passed'), skipped, failed: [...failed, ...broken] };
}

const firstLine = (text = '') => text.split('\n', 1)[0] ?? '';

function describeRun({ passed, skipped, failed, seconds }: BusyRun): string {
  const counts = `${passed} passed, ${skipped} skipped, ${failed.length} failed`;
  const names = failed.map((name) => `\n  ${name}`).join('');
  return `${counts} in ${formatSeconds(seconds)}${names}`;
}
