// Carries out all of a report and gathers its numbers.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Runner } from '../runs/runners.ts';
import { sha256File } from '../support/hash.ts';
import type { Progress } from '../support/progress.ts';
import { type ReportData, SCHEMA } from './data.ts';
import { buildFacts, commitFacts, hostFacts } from './facts.ts';
import { measureCycles } from './measure_cycles.ts';
import { measureElsewhere } from './measure_elsewhere.ts';
import { measureHere } from './measure_here.ts';
import { measureLaptops } from './measure_laptops.ts';
import type { ReportSettings } from './scenario.ts';
import { openSession } from './session.ts';

// Builds, times, counts and models; `command` is the command line that all this stands for.
export async function measure(
  settings: ReportSettings,
  runners: readonly Runner[],
  command: string,
  progress: Progress,
): Promise<ReportData> {
  const [date, started] = [new Date().toISOString(), performance.now()];
  const session = await openSession(settings, runners, progress);
  const here = await measureHere(session);
  const elsewhere = await measureElsewhere(session, here.reference);
  const laptops = await measureLaptops(session, here.reference);
  const cycles = await measureCycles(session, here.results);
  return {
    schema: SCHEMA,
    ...{ date, ...(await commitFacts()), command },
    host: hostFacts(),
    scenario: await scenarioFacts(settings),
    builds: await Promise.all([...session.artefacts.values()].map(buildFacts)),
    runners: [...here.results, ...laptops.results, ...elsewhere],
    ...{ model: here.model, kernels: here.kernels },
    ...{ phases: laptops.phases, scaling: laptops.scaling, cycles },
    problems: session.problems,
    seconds: (performance.now() - started) / 1000,
  };
}

async function scenarioFacts({ settings, tokens, runs, text }: ReportSettings) {
  const { size } = await stat(text);
  const facts = { name: path.basename(text), bytes: size, sha256: await sha256File(text) };
  return { settings, tokens, runs, text: facts };
}
