// Cuts the power of a laptop at random instruction counts while a training saves to its disk. The disk
// survives as its controller has it, the machine does not: the laptop is booted again with that disk,
// the training is resumed, and must end in the bits of one whose power was never cut.
//
// A laptop whose time follows its instructions carries out the same ones each time. So one training
// tells all: the disk at a moment is the disk at its start with the writes up to that moment.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Frame, FrameKind } from '../guest/channel.ts';
import { findLaptop } from '../guest/machines.ts';
import { multibootImage } from '../guest/multiboot.ts';
import { type GuestRun, Transcript } from '../guest/transcript.ts';
import { UserError } from '../support/errors.ts';
import { interruptSignal } from '../support/interrupt.ts';
import { imagesDir } from '../support/paths.ts';
import type { Progress } from '../support/progress.ts';
import { seededRandom } from '../support/random.ts';
import { laptopContents } from './contents.ts';
import { SECTOR } from './disk_file.ts';
import { type FileSystem, FLOPPY_BYTES, fileSystems, makeDiskImage } from './disk_image.ts';
import type { DiskWrite, LaptopDisk, LaptopStart } from './protocol.ts';
import { DISK, PROGRAM, SHELL } from './shell_boot.ts';
import { type LaptopEars, startLaptop } from './start.ts';

// Which trainings are cut how often.
export interface PowerCutSettings {
  fileSystem: FileSystem;
  times: number;
  seed: number;
  steps: number;
  /** What is trained on. */
  text: Uint8Array;
  /** A folder for the time of the work. */
  folder: string;
}

// A moment at which the power goes.
export interface Cut {
  instructions: number;
  /** How many writes have been carried out by then. */
  writes: number;
  /** How many sectors of the next one. */
  sectors: number;
}

// A training whose power was never cut.
export interface WholeTraining {
  /** The disk before it. */
  disk: Buffer;
  /** All of its writes, and those before and after it. */
  writes: readonly DiskWrite[];
  /** Between these instructions it ran. */
  began: number;
  ended: number;
  /** When each step was told of, the first one first: what came before was saved by then. */
  steps: readonly number[];
  sums: Sums;
}

// SHA-256 of a checkpoint and of its log.
interface Sums {
  checkpoint: string;
  log: string;
}

// How a training went on: from its newest checkpoint, from the one before, or from its start.
const ways = ['newest', 'older', 'anew'] as const;
export type Way = (typeof ways)[number];

// What came of the cuts.
export interface PowerCutCounts {
  fileSystem: FileSystem;
  cuts: number;
  /** Different disks among them: cuts between two writes leave the same one. */
  disks: number;
  /** Cuts within a write, which left a part of its sectors. */
  torn: number;
  ways: Record<Way, number>;
  /** Cuts after which the checker of the file system had something to mend. */
  mended: number;
  /** Cuts that lost a checkpoint whose save had ended. */
  lost: number;
  /** Bytes and writes of the whole training. */
  writes: number;
  /** Of the checkpoint. */
  sha256: string;
  /** What went wrong, if anything did. */
  failures: string[];
}

const DISK_BYTES = 4 * 1024 * 1024;
const RAM_MB = 24;
const TEXT = '/text.txt';
const CHECKPOINT = `${DISK}/model.ckpt`;
const LOG = `${DISK}/model.log`;
const TOKEN = 'cut';
// What the program says after each step.
const STEP = /step (\d+)\/\d+ /;
// Booting takes longer than all the rest, so most laptops begin as one that has booted.
const SWITCHED_ON_EVERY = 20;
// The part of the cuts that fall into a write.
const WITHIN_WRITES = 0.75;

const SHAPE = [
  ...['--layers', '1', '--heads', '2', '--dim', '16', '--context', '16', '--batch', '2'],
  ...['--bigram-rows', '64', '--counts', '4KB', '--order', '3'],
];
const SAVING = ['--save-every', '1', '--keep', '2', '--out', CHECKPOINT, '--log', LOG];

// Cuts the power as often as asked, or until the person has seen enough (Ctrl-C).
export async function cutPower(
  settings: PowerCutSettings,
  progress: Progress,
): Promise<PowerCutCounts> {
  const whole = await trainWhole(settings, progress);
  const after = await afterCuts(settings, progress);
  const random = seededRandom(settings.seed);
  const known = new Map<string, Recovery>();
  const { fileSystem } = settings;
  const counts: PowerCutCounts = {
    ...{ fileSystem, cuts: 0, disks: 0, torn: 0, mended: 0, lost: 0, failures: [] },
    ...{
      ways: { newest: 0, older: 0, anew: 0 },
      sha256: whole.sums.checkpoint,
      writes: whole.writes.length,
    },
  };
  while (counts.cuts < settings.times) {
    const cut = drawCut(whole, random);
    const key = `${cut.writes} ${cut.sectors}`;
    const again = known.get(key) ?? recover(settings, whole, cut, startOf(counts, after));
    const recovery = await Promise.resolve(again).catch(unlessInterrupted);
    if (!recovery) break;
    known.set(key, recovery);
    note(counts, whole, cut, recovery);
    counts.disks = known.size;
    const done = `${fileSystem}: the power was cut ${counts.cuts} of ${settings.times} times`;
    progress.update(done, `${fileSystem} ${Math.floor((counts.cuts * 10) / settings.times)}`);
  }
  return counts;
}

function unlessInterrupted(error: unknown): undefined {
  if (!interruptSignal.aborted) throw error;
}

// Most laptops begin as one that has booted already; some are switched on.
function startOf({ cuts }: PowerCutCounts, { switchedOn, booted }: AfterCuts): Order {
  return cuts % SWITCHED_ON_EVERY === 0 ? switchedOn : booted;
}

function note(
  counts: PowerCutCounts,
  whole: WholeTraining,
  cut: Cut,
  { way, from, mended, failure }: Recovery,
): void {
  counts.cuts++;
  if (from < savedBy(whole, cut)) counts.lost++;
  if (cut.sectors > 0) counts.torn++;
  if (mended) counts.mended++;
  if (way) counts.ways[way]++;
  if (failure !== undefined) {
    counts.failures.push(`after ${cut.instructions.toLocaleString('en')} instructions: ${failure}`);
  }
}

// The step whose checkpoint was on the disk for sure: the next one had been told of.
export function savedBy({ steps }: WholeTraining, { instructions }: Cut): number {
  return Math.max(0, steps.filter((told) => told < instructions).length - 1);
}

// ---- the training ----

// Trains to the end, and keeps all that happens to the disk.
export async function trainWhole(
  settings: PowerCutSettings,
  progress: Progress,
): Promise<WholeTraining> {
  const { fileSystem, folder } = settings;
  const file = path.join(folder, `${fileSystem}.img`);
  await makeDiskImage(file, fileSystem, DISK_BYTES);
  const disk = await readFile(file);
  progress.update(`${fileSystem}: a training whose power stays`, fileSystem);
  const writes: DiskWrite[] = [];
  const frames: Frame[] = [];
  const order = await orderOf(settings, beginScript(settings), progress);
  const { run } = await boot(
    { ...order, disk: { ...order.disk, file, told: true } },
    { onWrite: (write) => writes.push(write), onFrame: (frame) => frames.push(frame) },
  );
  const sums = sumsOf(run);
  if (sums === undefined) throw new UserError(`the training failed: ${lastWords(run)}`);
  const moment = (kind: FrameKind) =>
    frames.find((frame) => frame.kind === kind)?.instructions ?? 0;
  const steps = frames
    .filter(({ kind, bytes }) => kind === 'out' && STEP.test(Buffer.from(bytes).toString()))
    .map(({ instructions }) => instructions);
  return { disk, writes, steps, began: moment('start'), ended: moment('exit'), sums };
}

// The same training in a laptop whose power goes for good at that moment: the disk that it leaves.
export async function diskAfterCut(
  settings: PowerCutSettings,
  cutAt: number,
  progress: Progress,
): Promise<Buffer> {
  const { fileSystem, folder } = settings;
  const file = path.join(folder, `${fileSystem}-really-cut.img`);
  await makeDiskImage(file, fileSystem, DISK_BYTES);
  const order = await orderOf(settings, beginScript(settings), progress);
  await boot({ ...order, disk: { ...order.disk, file, cutAt } });
  return readFile(file);
}

// A moment: most of them while a write is carried out, the others wherever the training is.
export function drawCut({ writes, began, ended }: WholeTraining, random: () => number): Cut {
  const first = writes.findIndex(({ instructions }) => instructions >= began);
  const end = writes.findIndex(({ instructions }) => instructions > ended);
  const inside = (end < 0 ? writes.length : end) - first;
  if (inside > 0 && first >= 0 && random() < WITHIN_WRITES) {
    const at = first + Math.floor(random() * inside);
    const { bytes, instructions } = writes[at] as DiskWrite;
    const sectors = partOf(bytes.length / SECTOR, random());
    return { instructions, writes: at, sectors };
  }
  const instructions = Math.floor(began + random() * (ended - began));
  const done = writes.findIndex((write) => write.instructions >= instructions);
  return { instructions, writes: done < 0 ? writes.length : done, sectors: 0 };
}

// How many of so many sectors were written: some and not all, where there is more than one.
function partOf(sectors: number, random: number): number {
  return sectors > 1 ? 1 + Math.floor(random * (sectors - 1)) : 0;
}

// The disk at that moment.
export function diskAt({ disk, writes }: WholeTraining, cut: Cut): Buffer {
  const copy = Buffer.from(disk);
  for (const { offset, bytes } of writes.slice(0, cut.writes)) copy.set(bytes, offset);
  const torn = writes[cut.writes];
  if (torn) copy.set(torn.bytes.subarray(0, cut.sectors * SECTOR), torn.offset);
  return copy;
}

// ---- after the cut ----

interface Recovery {
  way: Way | undefined;
  /** The step that it went on from. */
  from: number;
  mended: boolean;
  failure: string | undefined;
}

export async function recover(
  settings: PowerCutSettings,
  whole: WholeTraining,
  cut: Cut,
  order: Order,
): Promise<Recovery> {
  const { fileSystem, folder, seed } = settings;
  const file = path.join(folder, `${fileSystem}-cut.img`);
  const disk = diskAt(whole, cut);
  await writeFile(file, disk);
  const { run, mended, failure } = await tryBoot({ ...order, disk: { ...order.disk, file } });
  const way = ways.find((name) => run?.stdout.includes(`went on: ${name}\n`));
  const sums = sumsOf(run);
  const next = way === 'anew' ? 1 : Number(STEP.exec(run?.stdout ?? '')?.[1] ?? settings.steps + 1);
  const came = { way, from: next - 1, mended };
  const wrong = failure ?? (sums === undefined ? lastWords(run) : differenceOf(sums, whole.sums));
  if (wrong === undefined) return { ...came, failure: undefined };
  const kept = path.join(imagesDir, 'power-cuts', `${fileSystem}-${seed}-${cut.instructions}.img`);
  await mkdir(path.dirname(kept), { recursive: true });
  await writeFile(kept, disk);
  return { ...came, failure: `${wrong} (the disk: ${kept})` };
}

function differenceOf(found: Sums, wanted: Sums): string | undefined {
  if (found.checkpoint !== wanted.checkpoint) return `other bits, ${found.checkpoint}`;
  return found.log === wanted.log ? undefined : 'the same bits, and another log';
}

function sumsOf(run: GuestRun | undefined): Sums | undefined {
  const [checkpoint, log] = run?.stdout.match(/^[0-9a-f]{64}(?= )/gm) ?? [];
  const isWhole = run?.exitCode === 0 && checkpoint !== undefined && log !== undefined;
  return isWhole ? { checkpoint, log } : undefined;
}

function lastWords(run: GuestRun | undefined): string {
  if (!run) return 'the laptop did not come to its shell';
  return `${run.stderr.trim().split('\n').slice(-3).join(' / ')} (exit code ${run.exitCode})`;
}

// ---- what is typed ----

function beginScript({ steps }: PowerCutSettings): string {
  return `${beginLine(steps)}\n${SUMS}`;
}

const SUMS = `sync\nsha256sum ${CHECKPOINT} ${LOG}\n`;

function beginLine(steps: number): string {
  const words = ['train', '--text', TEXT, '--steps', String(steps), ...SHAPE, ...SAVING];
  return [PROGRAM, ...words, '--force || exit'].join(' ');
}

// What a person does who finds the laptop like this.
function resumeScript({ steps }: PowerCutSettings): string {
  const resume = (from: string) =>
    [PROGRAM, 'train', '--resume', from, '--text', TEXT, ...SAVING].join(' ');
  return `ls -l ${DISK} >&2
if [ -e ${CHECKPOINT} ] && ${resume(CHECKPOINT)}; then echo went on: newest
elif [ -e ${CHECKPOINT}.1 ] && ${resume(`${CHECKPOINT}.1`)}; then echo went on: older
else echo went on: anew
${beginLine(steps)}
fi
${SUMS}`;
}

// ---- laptops ----

type Order = Omit<LaptopStart, 'type' | 'disk'> & { disk: LaptopDisk };

// The laptops that a training goes on in. One that has booted already has so little left to do that
// v86 is quicker without translating its code.
interface AfterCuts {
  switchedOn: Order;
  booted: Order;
}

export async function afterCuts(
  settings: PowerCutSettings,
  progress: Progress,
): Promise<AfterCuts> {
  const switchedOn = await orderOf(settings, resumeScript(settings), progress);
  const state = await bootedState(settings, switchedOn);
  return { switchedOn, booted: { ...switchedOn, from: { state }, jit: false } };
}

// A laptop that has booted up to the moment at which it looks at its disk. So that it remembers nothing
// of any disk, an empty one is in it.
async function bootedState(
  { fileSystem, folder }: PowerCutSettings,
  order: Order,
): Promise<Uint8Array> {
  const file = path.join(folder, `${fileSystem}-empty.img`);
  await writeFile(file, Buffer.alloc(fileSystem === 'floppy' ? FLOPPY_BYTES : DISK_BYTES));
  const disk = { ...order.disk, file };
  const laptop = startLaptop({ ...order, disk, saveWhenReady: true }, { onFrame: () => {} });
  const state = await laptop.readyState();
  laptop.leave();
  await laptop.ended;
  return state;
}

interface Boot {
  run: GuestRun | undefined;
  /** Whether the checker of the file system had something to mend. */
  mended: boolean;
}

// A laptop that stops by itself, as one does that cannot use its disk, is what is looked for: it is a
// failure to tell of, and not the end of the work.
async function tryBoot(order: Order): Promise<Boot & { failure?: string }> {
  try {
    return await boot(order);
  } catch (error) {
    if (interruptSignal.aborted || !(error instanceof UserError)) throw error;
    const said = (error.hint ?? '').split('\n');
    const failure = [error.message, ...said.slice(-3)].join(' / ');
    return { run: undefined, mended: isMended(error.hint ?? ''), failure };
  }
}

async function boot(order: Order, { onFrame, ...ears }: Partial<LaptopEars> = {}): Promise<Boot> {
  const transcript = new Transcript(1, { outputs: [] });
  let said = '';
  const laptop = startLaptop(order, {
    ...ears,
    onFrame: (frame) => {
      transcript.receive(frame);
      onFrame?.(frame);
    },
    onConsole: (bytes) => {
      said += Buffer.from(bytes).toString('latin1');
    },
  });
  await laptop.ended;
  return { run: transcript.runs[0], mended: isMended(said) };
}

// Whether emu/shell.c says so.
function isMended(said: string): boolean {
  return said.includes(' has mended ');
}

// A laptop that carries out a script, with a disk that is still to be named.
async function orderOf(
  { fileSystem, text }: PowerCutSettings,
  script: string,
  progress: Progress,
): Promise<Order> {
  const machine = findLaptop(undefined, RAM_MB);
  const contents = {
    ...{ machine, token: TOKEN, fileSystem, bundled: false, pause: true },
    ...{ console: { kind: 'none' as const }, command: [SHELL, '/script.sh'] },
    files: { '/script.sh': Buffer.from(script), [TEXT]: text },
  };
  const boot = await laptopContents(contents, progress);
  const disk = { file: '', drive: fileSystems[fileSystem].drive };
  return {
    ...{ ramBytes: boot.ramBytes, cpu: machine.cpu, mips: machine.mips, token: TOKEN },
    ...{ clock: 'instructions', jit: true, disk, from: { image: multibootImage(boot) } },
  };
}
