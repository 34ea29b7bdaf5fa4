// What each command sets up: nothing for wrong arguments, and what right ones need and no more. The
// set-up itself is replaced by one that tells its groups and ends the command.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { onPath } from '../../scripts/requirements.mjs';
import { exec } from '../../ts/support/exec.ts';
import { useTemporaryFolder } from '../temporary.ts';
import { runCommandLine } from './command_line.ts';

vi.mock('../../ts/support/setup.ts', async () => {
  const { UserError } = await import('../../ts/support/errors.ts');
  return {
    provide: async (groups: readonly string[]) => {
      throw new UserError(`sets up ${[...new Set(groups)].sort().join(', ')}`, { exitCode: 9 });
    },
  };
});

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);
// What the row for Windows needs, where it can run.
const forWine = onPath('wine') ? ', windows' : '';
// What an i386 program begins with.
const fatHead = () => {
  const head = Buffer.alloc(2048);
  head.write('FAT16', 54, 'latin1');
  return head;
};
const SWEEP = 'method: grid\nparameters: {dim: {values: [8, 16]}}\n';
const I386_HEAD = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, ...Array(9).fill(0), 2, 0, 3, 0]);

describe('right arguments set up what they need, and no more', () => {
  test.each([
    ['build --only host', 'host'],
    ['build --only host,host-sse --force', 'host'],
    ['build --only p3', 'i386'],
    ['build --only ppc,s390x', 'foreign'],
    ['build --only wasm', 'wasm'],
    ['build --only win32', 'windows'],
    ['build', 'host, i386, wasm'],
    // The native build first: it knows whether the plan fits the laptop.
    ['emu-train', 'host'],
    ['emu-train --machine p2-64 --steps 1', 'host'],
    ['emu-strict', 'bochs, host, i386, kernel'],
    ['emu-strict --steps 1', 'bochs, host, i386, kernel'],
    ['emu-shell', 'i386, kernel'],
    ['emu-shell --machine p2-64 --ram 16 --jit off', 'i386, kernel'],
    ['emu-shell --disk DISK', 'i386, kernel'],
    ['emu-shell --disk NEW --file-system fat --disk-size 4MB', 'disks, i386, kernel'],
    ['emu-put --disk DISK I386', 'disks'],
    ['emu-get --disk DISK a/b --to FOLDER', 'disks'],
    ['parity --only host-sse', 'host'],
    ['parity --only wasm', 'host, wasm'],
    ['parity --only p3-laptop', 'host, i386, kernel'],
    ['parity --only ppc', 'foreign, host'],
    ['parity --only p3-strict', 'bochs, host, i386, kernel'],
    ['parity --only p2-qemu', 'host, i386, kernel, qemu'],
    ['parity', `foreign, host, i386, kernel, wasm${forWine}`],
    ['report --only p2', 'host, i386, valgrind'],
    ['report --only p2-laptop', 'host, i386, kernel'],
    ['report', `foreign, host, i386, kernel, valgrind, wasm${forWine}`],
    ['count step', 'i386, valgrind'],
    ['count step --build host', 'host, valgrind'],
    ['count step --cycles --machine p3-667', 'i386, valgrind'],
    ['count --cycles --program I386', 'valgrind'],
    ['experiments', 'host'],
    ['tune SWEEP', 'host'],
    ['tune ask SWEEP', 'host'],
    ['tune tell SWEEP --trial 0 --value 1', 'host'],
    ['tune SWEEP --cycles', 'host, i386, valgrind'],
    ['images', 'i386, images, kernel'],
    ['images --only floppy,disc --check', 'i386, images, kernel'],
    ['images --only floppy --picture PICTURE', 'computers, i386, images, kernel'],
    ['images --try', 'computers, host, i386, images, kernel'],
    ['bundled', 'host'],
    ['kill', 'host'],
    ['ethernet --ranks 2,4 --mbit 10', 'host, network'],
    ['power-cuts --times 1', 'disks, i386, kernel'],
    ['stories', 'host'],
    ['stories --model MODEL --count 2', 'host'],
    ['serve', 'wasm'],
    ['serve --host 0.0.0.0 --port 9000 --threads 2 --queue 0', 'wasm'],
    ['web', 'i386, kernel, wasm'],
    ['web --port 8080', 'i386, kernel, wasm'],
    ['web-build', 'i386, kernel, wasm'],
    ['faults', 'host, i386, images, kernel'],
    ['fuzz', 'fuzz, host'],
    ['big-text', 'host'],
    [
      'test-busy',
      'browser, compile-cache, disks, foreign, fuzz, host, i386, kernel, library, mpi, network, package, valgrind, wasm, windows',
    ],
  ])('%s: %s', async (line, groups) => {
    const out = /^(report|experiments|tune)/.test(line) ? ['--out', at('out')] : [];
    writeFileSync(at('i386'), I386_HEAD);
    writeFileSync(at('model'), 'GGUF');
    writeFileSync(at('sweep'), SWEEP);
    writeFileSync(at('disk'), fatHead());
    const words = line
      .split(' ')
      .map((word) =>
        word.replace(/^(I386|SWEEP|MODEL|PICTURE|DISK|NEW|FOLDER)/, (name) =>
          at(name.toLowerCase()),
        ),
      );
    const { code, said } = await runCommandLine(...words, ...out);
    expect(said).toBe(`legacy-llm: sets up ${groups}`);
    expect(code).toBe(9);
  });

  test.each(['build --list', 'emu-train --list-machines', 'build --help'])(
    '%s: nothing',
    async (line) => {
      const print = vi.spyOn(console, 'log').mockImplementation(() => {});
      expect((await runCommandLine(...line.split(' '))).code).toBe(0);
      print.mockRestore();
    },
  );
});

// Each is refused as wrong usage, before anything is set up.
const wrong = [
  ...[
    'build --only p4',
    'build --only ,',
    'build --frce',
    'build extra',
    'clean --all',
    'clean extra',
  ],
  ...[
    'emu-train --steps 0',
    'emu-train --steps 1048577',
    'emu-train --steps -1',
    'emu-train --steps x',
  ],
  ...['emu-train --layers 0', 'emu-train --layers 65', 'emu-train --heads 0', 'emu-train --dim 3'],
  ...['emu-train --dim 50', 'emu-train --dim 1028', 'emu-train --context 1', 'emu-train --batch 0'],
  ...['emu-train --micro-batch 0', 'emu-train --bigram-rows 65537', 'emu-train --vocab 256'],
  ...[
    'emu-train --vocab 300',
    'emu-train --lr 1001',
    'emu-train --lr 0.12345678',
    'emu-train --lr x',
  ],
  ...['emu-train --recompute 0', 'emu-train --recompute 65', 'emu-train --seed 4294967296'],
  ...['emu-shell --machine p4', 'emu-shell --machine p3-strict', 'emu-shell --ram 7'],
  ...['emu-shell --disk TEXT', 'emu-shell --disk FOLDER', 'emu-shell --disk-size 4MB'],
  ...['emu-shell --file-system fat', 'emu-shell --disk NONE --file-system ntfs'],
  ...['emu-shell --disk NONE --disk-size 0MB', 'emu-shell --disk NONE --disk-size 1025MB'],
  ...['emu-shell --disk NONE --file-system floppy --disk-size 4MB', 'emu-shell --load NONE'],
  ...['emu-shell --load TEXT --disk NONE', 'emu-shell --save TEXT', 'emu-shell --save FOLDER'],
  ...['emu-shell --jit maybe', 'emu-shell extra', 'power-cuts --times 0', 'power-cuts extra'],
  ...['power-cuts --file-system ntfs', 'power-cuts --seed x', 'power-cuts --steps 0'],
  ...[
    'emu-put TEXT',
    'emu-put --disk TEXT TEXT',
    'emu-put --disk NONE TEXT',
    'emu-put --disk TEXT',
  ],
  ...['emu-get a', 'emu-get --disk TEXT a', 'emu-get --disk NONE a', 'emu-get --disk TEXT'],
  ...['emu-strict --steps 0', 'emu-strict --steps x', 'emu-strict extra'],
  ...[
    'emu-train --machine p4',
    'emu-train --machine p3-strict',
    'emu-train --ram 7',
    'emu-train --ram 769',
    'emu-train --build p4',
  ],
  ...['emu-train --machine p2-64 --build p3', 'emu-train --compare-with wasm'],
  ...['emu-train --compare-with p9', 'emu-train --memory-claim much', 'emu-train --preset huge'],
  ...[
    'emu-train --text NONE',
    'emu-train --text FOLDER',
    'emu-train --text EMPTY',
    'emu-train --text PIPE',
  ],
  ...['emu-train --out FOLDER', 'emu-train --out TEXT', 'emu-train --text TEXT --out STEM.ckpt'],
  ...[
    'emu-train --text STEM.log --out STEM.ckpt',
    'emu-train --out STEM.txt',
    'emu-train --out SOCKET/x',
  ],
  ...[
    'parity --only p4',
    'parity --tokens 0',
    'parity --text NONE',
    'parity --steps 0',
    'parity --dim 50',
  ],
  ...[
    'report --only p4',
    'report --preset huge',
    'report --runs 0',
    'report --steps 0',
    'report --out TEXT',
  ],
  ...['report --text NONE', 'report --against NONE', 'report --against TEXT'],
  ...[
    'count',
    'count nothing',
    'count step --form fp64',
    'count step --build wasm',
    'count step --build p9',
    'count step --machine p3-500',
    'count --program I386',
    'count step --cycles --machine p4',
    'count step --cycles --build host',
    'count step --cycles --machine p2-350',
    'count --cycles --program NONE',
    'count --cycles --program TEXT',
    'count --cycles --program I386 --form fast',
  ],
  ...[
    'experiments --tables speeds',
    'experiments --steps 0',
    'experiments --dim 50',
    'experiments --jobs 0',
  ],
  ...[
    'experiments --text NONE',
    'experiments --target p9',
    'experiments --out TEXT',
    'experiments --seeds x',
  ],
  ...['stories --count 0', 'stories --model NONE', 'stories --model FOLDER', 'stories extra'],
  ...['stories --out TEXT', 'stories --model TEXT --out TEXT', 'stories --model TEXT'],
  ...['tune', 'tune NONE', 'tune TEXT', 'tune FOLDER', 'tune SWEEP SWEEP', 'tune SWEEP --jobs 0'],
  ...['tune tell SWEEP', 'tune tell SWEEP --trial 0', 'tune tell SWEEP --trial 0 --value x'],
  ...['tune tell SWEEP --trial 0 --value 1 --list', 'tune tell SWEEP --trial 0 --value 1 --force'],
  ...['tune SWEEP --trial 0 --value 1', 'tune SWEEP --again', 'tune ask SWEEP --slurm 2'],
  ...['tune tell SWEEP --trial 0 --value 1 --failed why', 'tune SWEEP --out TEXT', 'tune ask'],
  ...['tune SWEEP --out BESTOF', 'tune SWEEP --out BESTOF --force', 'tune SWEEP --out TRIALS'],
  'emu-put --disk DISK TEXT FOLDER/text',
  ...[
    'kill --times 0',
    'kill --steps 0',
    'kill --text NONE',
    'kill --seed x',
    'ethernet --ranks 1',
    'ethernet --ranks 2,x',
    'ethernet --mbit 0',
    'faults --only elephants',
    'faults extra',
    'fuzz --only nothing',
  ],
  ...['fuzz --runs 0', 'big-text --size 0MB', 'big-text --size big', 'big-text --steps 0'],
  ...[
    'big-text --limit 0',
    'test-busy --times 0',
    'test-busy --load x',
    'big-text --tokenizer words',
    'images --only cdrom',
    'images --only ,',
    'images extra',
    'images --picture FOLDER',
    'images --only disc --picture x.png',
    'release --only p9',
    'release --only ,',
    'release --out TEXT',
    'release --out FOLDER',
    'release extra',
    'bundled extra',
    'serve extra',
    'serve --port 0',
    'serve --model NONE',
    'serve --model FOLDER',
    'serve --model TEXT',
    'serve --threads 0',
    'serve --max-tokens 0',
    'serve --max-body 9',
    'web extra',
    'web --port 0',
    'web --port x',
    'web-build extra',
    'plot',
    'plot NONE',
    'plot FOLDER',
  ],
  ...[
    'plot TEXT',
    'plot LOG --out LOG',
    'plot STEM.svg',
    'plot LOG --out FOLDER/x.svg',
    'plot LOG --tensorboard TEXT',
    'plot LOG LOG --tensorboard FOLDER/new',
    'plot LOG --csv --watch',
    'plot LOG --watch --port 0',
    'plot TEXT --watch',
    'doctor extra',
  ],
];

describe('wrong arguments set up nothing', () => {
  test.each(wrong)('%s', async (line) => {
    const text = 'Once upon a time there was a cat. '.repeat(40);
    for (const name of ['text', 'a.txt', 'a.log']) writeFileSync(at(name), text);
    writeFileSync(at('log'), '{"step":1,"loss":4.1}\n');
    writeFileSync(at('a.svg'), '{"step":1,"loss":4.1}\n');
    writeFileSync(at('empty'), '');
    writeFileSync(at('i386'), I386_HEAD);
    writeFileSync(at('sweep'), SWEEP);
    for (const name of ['folder/x.svg', 'bestof', 'trials/trials']) {
      mkdirSync(at(name), { recursive: true });
    }
    // What is of no sweep, as there is no journal.
    for (const name of ['bestof/best.ckpt', 'trials/trials/0.ckpt']) writeFileSync(at(name), text);
    writeFileSync(at('folder/text'), text);
    writeFileSync(at('disk'), fatHead());
    await exec('mkfifo', [at('pipe')]);
    const before = readdirSync(folder(), { recursive: true });
    const words = line.split(' ').map((word) =>
      word
        .replace(/^(TEXT|NONE|FOLDER|EMPTY|PIPE|LOG|I386|SWEEP|BESTOF|TRIALS|DISK)/, (name) =>
          at(name.toLowerCase()),
        )
        .replace(/^SOCKET/, at('text'))
        .replace(/^STEM/, at('a')),
    );
    const { code, said } = await runCommandLine(...words);
    expect(said).not.toContain('sets up');
    expect(said).not.toContain('internal error');
    expect(said.trim().split('\n').length).toBeLessThanOrEqual(3);
    expect(code).toBe(line.includes('SOCKET') ? 1 : 2);
    expect(readdirSync(folder(), { recursive: true })).toEqual(before);
  });
});
