// The part of a report that runs on this machine: one thing at a time, since all of it is timed.
import type { Runner } from '../parity/runners.ts';
import type { Evidence } from '../parity/scenario.ts';
import { formatSeconds } from '../support/progress.ts';
import type { ReportData, RunnerResult } from './data.ts';
import { benchProgram, exportedBytes, type Program, timePrograms, whyNot } from './here.ts';
import { comparedResult, hereResult, skippedResult } from './results.ts';
import { artefactOf, attempt, type Session, shapeArgs } from './session.ts';

export interface HerePart {
  results: RunnerResult[];
  /** What the first runner left. */
  reference: Evidence;
  model: ReportData['model'];
  kernels: ReportData['kernels'];
}

type Here = Program & { runner: Runner; isBenched: boolean };

// Times the scenario, then the kernels.
export async function measureHere(session: Session): Promise<HerePart> {
  const skipped: RunnerResult[] = [];
  const programs: Here[] = [];
  for (const runner of session.runners.filter(({ machine }) => machine === undefined)) {
    const program = programOf(session, runner);
    const why = await whyNot(program);
    if (why === undefined) programs.push(program);
    else skipped.push(skippedResult(runner, why));
  }
  for (const { runner, skipped: why } of skipped)
    session.progress.line(`${runner} skipped: ${why}`);
  const { results, reference } = await timeScenario(session, programs);
  const model = await modelSizes(session, programs, reference);
  const kernels = await timeKernels(session, programs);
  const order = session.runners.map(({ name }) => name);
  const sorted = [...results, ...skipped].sort(
    (a, b) => order.indexOf(a.runner) - order.indexOf(b.runner),
  );
  return { results: sorted, reference, model, kernels };
}

function programOf(session: Session, runner: Runner): Here {
  const { target, program } = artefactOf(session, runner);
  const isNode = target.run === 'node';
  const command: Here['command'] = isNode ? [process.execPath, program] : [program];
  return { name: runner.name, command, runner, isBenched: !isNode && !runner.hidden };
}

async function timeScenario(
  session: Session,
  programs: readonly Here[],
): Promise<Pick<HerePart, 'results' | 'reference'>> {
  const { settings, progress } = session;
  const started = performance.now();
  const ran = await timePrograms(programs, settings, ({ name }, round) =>
    progress.update(`timing: run ${round} of ${settings.runs}, ${name}`, `timing ${round}`),
  );
  const seconds = formatSeconds((performance.now() - started) / 1000);
  progress.line(
    `timed ${programs.length} builds, ${settings.runs} runs each, in ${seconds} (host)`,
  );
  const reference = ran[0]?.evidence ?? {};
  const results = ran.flatMap((result, index) => {
    const runner = programs[index]?.runner;
    return runner ? [comparedResult(hereResult(runner, result), reference)] : [];
  });
  return { results, reference };
}

async function modelSizes(
  session: Session,
  [program]: readonly Here[],
  { checkpoint }: Evidence,
): Promise<ReportData['model']> {
  if (!program || !checkpoint) return null;
  const bytes = await attempt(session, 'model size', () => exportedBytes(program, checkpoint));
  return bytes === undefined ? null : { checkpointBytes: checkpoint.length, exportedBytes: bytes };
}

async function timeKernels(
  session: Session,
  programs: readonly Here[],
): Promise<ReportData['kernels']> {
  const kernels: ReportData['kernels'] = [];
  for (const program of programs.filter(({ isBenched }) => isBenched)) {
    session.progress.update(`bench: ${program.name}`, `bench ${program.name}`);
    const shape = shapeArgs(session.settings);
    const output = await attempt(session, 'bench', () => benchProgram(program, shape));
    if (output) kernels.push({ runner: program.name, ...output });
  }
  return kernels;
}
