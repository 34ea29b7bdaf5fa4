// Ends one rank of a training at a random moment, again and again: none of the others may hang, and
// the training, resumed each time on another number of ranks, must end in the bits of one that was
// alone and that nothing ended.
import path from 'node:path';
import { MPIRUN, mpirunArgs } from '../runs/ranks.ts';
import { runCommand } from '../runs/run.ts';
import { UserError } from '../support/errors.ts';
import { sha256File } from '../support/hash.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { childrenOf, kill } from '../support/processes.ts';
import type { Progress } from '../support/progress.ts';
import { seededRandom } from '../support/random.ts';
import { type KillSettings, startArgs, startOrResume } from './kill.ts';
import { startWriter, type Writer, waitBeside } from './writer.ts';

// What came of it.
export interface RankKillCounts {
  kills: number;
  /** Trainings that went to their end. */
  finished: number;
  /** Milliseconds until the last of the other ranks had ended, at most. */
  longest: number;
  sha256: string;
}

// After so long, and so many times the whole training, the others are taken to hang: where many share a
// busy processor, one does not soon hear of another's end.
const LIMIT = 120_000;
const LIMIT_TRAININGS = 60;

const MOST_RANKS = 4;

// Kills as many ranks as asked, in as many trainings as that takes.
export async function killRanks(
  settings: KillSettings,
  progress: Progress,
): Promise<RankKillCounts> {
  const { folder, program, times } = settings;
  const random = seededRandom(settings.seed);
  const whole = path.join(folder, 'whole.ckpt');
  const runner = { name: 'alone', command: [program] } as const;
  const { seconds } = await runCommand(runner, startArgs(settings, whole));
  const limit = LIMIT + LIMIT_TRAININGS * seconds * 1000;
  const counts = { kills: 0, finished: 0, longest: 0, sha256: await sha256File(whole) };
  while (counts.kills < times || counts.finished === 0) {
    const out = path.join(folder, `ranks${counts.finished}.ckpt`);
    let span = seconds * 1000 + 1000;
    while (!(await live(settings, counts, out, { span, limit }, random))) {
      span *= 1.1; // on a busy machine a training may need more time to get anywhere
      progress.update(`killed ${counts.kills} of ${times} ranks; ${counts.finished} are done`);
    }
    if ((await sha256File(out)) !== counts.sha256)
      throw new UserError(`${out} differs from ${whole} after ranks were killed`, {
        hint: `seed ${settings.seed}`,
      });
    counts.finished++;
  }
  return counts;
}

// One start of a training on some ranks, of which one is killed within a span of milliseconds; whether
// it came to its end.
async function live(
  settings: KillSettings,
  counts: RankKillCounts,
  out: string,
  { span, limit }: { span: number; limit: number },
  random: () => number,
): Promise<boolean> {
  const { program, shape } = settings;
  const batch = Number(shape[shape.indexOf('--batch') + 1]);
  const count = 1 + Math.floor(random() * Math.min(batch, MOST_RANKS));
  const args = startOrResume(settings, out);
  const writer = startWriter(MPIRUN, mpirunArgs([{ count, program, args }]));
  const enough = counts.kills >= settings.times;
  await waitBeside(writer, enough ? Number.POSITIVE_INFINITY : random() * span);
  const ranks = await childrenOf(writer.pid);
  const victim = ranks[Math.floor(random() * ranks.length)];
  if (victim === undefined || !kill(victim, 'SIGKILL')) return ended(writer, false);
  const began = performance.now();
  await waitBeside(writer, limit);
  if ((await childrenOf(writer.pid)).length > 0) {
    writer.kill('SIGKILL');
    throw new UserError(`a rank of ${count} was killed, and the others hang`, {
      hint: writer.command,
    });
  }
  counts.kills++;
  counts.longest = Math.max(counts.longest, performance.now() - began);
  return ended(writer, true);
}

// Whether the ranks ended well. Where one was killed, that the others end is no failure.
async function ended(writer: Writer, killed: boolean): Promise<boolean> {
  const { code, stderr } = await writer.ended;
  interruptSignal.throwIfAborted();
  if (code === 0) return true;
  if (!killed)
    throw new UserError(`no rank was killed, and the ranks failed (exit code ${code})`, {
      hint: [stderr.trim(), writer.command].filter(Boolean).join('\n'),
    });
  const own = stderr.split('\n').filter((line) => line.startsWith('legacy_llm: '));
  const strange = own.filter((line) => !/ranks is gone|stopped at step/.test(line));
  if (strange.length > 0) throw new UserError(strange.join('\n'), { hint: writer.command });
  return false;
}
