// The tutorial, as a newcomer types it: in a copy of this checkout, each command prints what stands in
// docs/tutorial.md. With TUTORIAL=write the document gets what they print.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTarget } from '../../ts/build/build.ts';
import { make } from '../../ts/build/make.ts';
import { findTarget } from '../../ts/build/targets.ts';
import { copyCheckout } from '../../ts/support/checkout.ts';
import { writeFileAtomic } from '../../ts/support/files.ts';
import { imagesDir, rootDir } from '../../ts/support/paths.ts';
import { kill } from '../../ts/support/processes.ts';
import { freePort } from '../ports.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';
import { asInDocument, type Block, blocksOf, renewed } from './document.ts';

const tutorial = path.join(rootDir, 'docs', 'tutorial.md');
const document = readFileSync(tutorial, 'utf8');
const blocks = blocksOf(document);
const writes = process.env.TUTORIAL === 'write';

const folder = temporaryFolderOfSuite();
const checkout = () => path.join(folder(), 'checkout');
const said: string[] = [];
const running: Typed[] = [];

// What its commands would build first is brought along; they look at the sources whether it is right.
beforeAll(async () => {
  for (const [, there = ''] of document.matchAll(/ --port (\d+)/g)) {
    ports.set(there, String(await freePort()));
  }
  await copyCheckout(checkout());
  await make(['USE_SSE_BUILD=1', `OUT=${path.join(folder(), 'legacy_llm')}`]);
  for (const name of ['host', 'p3', 'page-simd']) await buildTarget(findTarget(name));
  for (const name of ['make/sse', 'build/host', 'build/p3', 'build/page-simd', 'guest']) {
    const [from, to] = [imagesDir, path.join(checkout(), 'images')].map((at) =>
      path.join(at, name),
    );
    if (from && to && existsSync(from)) {
      cpSync(from, to, { recursive: true, preserveTimestamps: true });
    }
  }
});

afterAll(async () => {
  for (const { child } of running) kill(-(child.pid ?? 0), 'SIGKILL');
  const whole = said.length === blocks.length;
  if (writes && whole) await writeFileAtomic(tutorial, renewed(document, said));
});

// Commands that a shell has been given, in a group of their own as at a terminal.
interface Typed {
  child: ChildProcess;
  /** What came so far, errors too. */
  printed: () => string;
  ended: Promise<number | null>;
}

// The servers of the document at ports that are free here.
const ports = new Map<string, string>();

function typedHere(commands: string): string {
  return [...ports].reduce((text, [there, here]) => text.replaceAll(there, here), commands);
}

function asThere(printed: string): string {
  return [...ports].reduce(
    (text, [there, here]) => text.replaceAll(`:${here}`, `:${there}`),
    printed,
  );
}

function type({ commands }: Block): Typed {
  const child = spawn('sh', ['-e', '-c', `exec 2>&1\n${typedHere(commands)}`], {
    ...{ cwd: checkout(), detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (data) => {
    text += data;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, printed: () => text, ended };
}

// What a block prints: all of it, or the first line where its program runs on.
async function carryOut(block: Block): Promise<string> {
  const typed = type(block);
  if (block.untilCtrlC) {
    running.push(typed);
    const line = async () => {
      while (asInDocument(typed.printed()) === '') {
        await once(typed.child.stdout ?? typed.child, 'data');
      }
    };
    expect(await Promise.race([line(), typed.ended])).toBeUndefined();
  } else {
    expect(await typed.ended, typed.printed()).toBe(0);
  }
  return asThere(asInDocument(typed.printed()));
}

describe('the tutorial', () => {
  test('has commands', () => {
    expect(blocks.length).toBeGreaterThan(10);
    expect(blocks.filter(({ untilCtrlC }) => untilCtrlC).length).toBeGreaterThan(0);
  });

  test.each(blocks.map((block) => [block.line, block] as const))(
    'line %i prints what stands there',
    async (_, block) => {
      const printed = await carryOut(block);
      said.push(printed);
      if (!writes) expect(printed).toBe(block.printed);
    },
  );

  test('what runs until Ctrl-C ends by it', async () => {
    for (const { child } of running) expect(kill(-(child.pid ?? 0), 'SIGINT')).toBe(true);
    await Promise.all(running.map(({ ended }) => ended));
  });
});

describe('what stands in the document', () => {
  test('is not what a machine or a day decides', () => {
    const printed = [
      'building host: c/src/base/arena.c',
      ...['step 1/3  loss 4.0  peak 8 kB', 'step 2/3  loss 3.0  9 tokens/s  1 s left  peak 8 kB'],
      'step 3/3  loss 2.0  9 tokens/s  0 s left  peak 8 kB',
      ...['  counts     2,163,168', '  total      6,008,928', 'work        550,508 instructions'],
    ];
    const stands = [
      ...['step 1/3  loss 4.0  …', '...', 'step 3/3  loss 2.0  …'],
      ...['  counts     2,163,168', '  total  …', 'work        … instructions', ''],
    ];
    expect(asInDocument(printed.join('\n'))).toBe(stands.join('\n'));
  });

  test('is put after its commands, in place of what was there', () => {
    const block = (commands: string, printed: string) =>
      `\`\`\`sh\n${commands}\n\`\`\`\n${printed && `\n\`\`\`text\n${printed}\n\`\`\`\n`}`;
    const before = `a\n${block('x', 'old')}b\n${block('y', '')}c\n${block('z', 'gone')}`;
    const after = `a\n${block('x', 'new')}b\n${block('y', 'born')}c\n${block('z', '')}`;
    expect(renewed(before, ['new\n', 'born\n', ''])).toBe(after);
    expect(blocksOf(after).map(({ printed, line }) => [printed, line])).toEqual([
      ['new\n', 3],
      ['born\n', 11],
      ['', 19],
    ]);
  });
});
