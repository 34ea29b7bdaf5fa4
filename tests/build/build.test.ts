import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BuildRecord, buildTarget, compileMuslI386 } from '../../ts/build/build.ts';
import { findTarget, startOf, type Target } from '../../ts/build/targets.ts';
import { sha256File } from '../../ts/support/hash.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

const MAIN = `#include <stdio.h>
#include "word.h"
int main(int count, char **arguments) {
  FILE *file = count > 1 ? fopen(arguments[1], "w") : stdout;
  if (file == NULL) return 3;
  fprintf(file, "%s %d\\n", WORD, count);
  return fclose(file) ? 4 : count;
}
`;

async function writeProgram(changes: Record<string, string> = {}): Promise<void> {
  const files = { 'src/main.c': MAIN, 'include/word.h': '#define WORD "hello"\n', ...changes };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder(), name)), { recursive: true });
    await writeFile(path.join(folder(), name), text);
  }
}

function build(target: Target | string, options: { force?: boolean } = {}) {
  const said: string[] = [];
  const row = typeof target === 'string' ? findTarget(target) : target;
  const source = { root: folder(), sources: ['src'], includes: ['include'] };
  const outDir = path.join(folder(), 'out');
  const log = (line: string) => said.push(line);
  return buildTarget(row, { source, outDir, log, ...options }).then((made) => ({ ...made, said }));
}

async function recordOf(artefact: { record: string }): Promise<BuildRecord> {
  return JSON.parse(await readFile(artefact.record, 'utf8')) as BuildRecord;
}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function exitCode(command: string, ...args: string[]): unknown {
  try {
    run(command, ...args);
    return 0;
  } catch (error) {
    return (error as { status: unknown }).status;
  }
}

describe('a build', () => {
  test('makes the program and records compiler, flags, sources, program beside it', async () => {
    await writeProgram();
    const artefact = await build('host');
    expect(artefact.built).toBe(true);
    expect(exitCode(artefact.program)).toBe(1);
    const record = await recordOf(artefact);
    expect(record.compiler.version).toMatch(/^gcc .*\d+\.\d+/);
    expect(record.compileFlags).toEqual(expect.arrayContaining(['-O3', '-ffp-contract=off']));
    expect(Object.keys(record.files)).toEqual(['src/main.c', 'include/word.h']);
    expect(record.outputs.legacy_llm?.sha256).toBe(await sha256File(artefact.program));
    expect((await readdir(path.dirname(artefact.program))).sort()).toEqual([
      'build.json',
      'legacy_llm',
    ]);
    expect(await readdir(path.join(folder(), 'out'))).toEqual(['host']);
  });

  test('a second one with nothing changed does nothing and says so', async () => {
    await writeProgram();
    await build('host');
    const second = await build('host');
    expect(second.built).toBe(false);
    expect(second.said).toEqual(['host: up to date, nothing to do']);
  });

  test('one that is brought elsewhere with its sources is up to date there', async () => {
    await writeProgram();
    await build('host');
    const other = path.join(folder(), 'elsewhere');
    for (const name of ['src', 'include', 'out']) {
      await cp(path.join(folder(), name), path.join(other, name), { recursive: true });
    }
    const source = { root: other, sources: ['src'], includes: ['include'] };
    const moved = { source, outDir: path.join(other, 'out') };
    expect((await buildTarget(findTarget('host'), moved)).built).toBe(false);
    const changed = { ...moved, source: { ...source, includes: ['include', 'src'] } };
    expect((await buildTarget(findTarget('host'), changed)).built).toBe(true);
  });

  test('the program is not compiled again in another place', async () => {
    const host = findTarget('host');
    const inFolder = (name: string, steps: string[] = []) =>
      buildTarget(host, {
        outDir: path.join(folder(), name),
        onStep: (_, step) => steps.push(step),
      });
    const steps: string[] = [];
    const [first, second] = [await inFolder('first'), await inFolder('second', steps)];
    expect(steps).toEqual([]);
    expect(await recordOf(second)).toEqual(await recordOf(first));
    expect(await sha256File(second.program)).toBe(await sha256File(first.program));
    expect(exitCode(second.program, '--version')).toBe(0);
    expect((await inFolder('second')).built).toBe(false);
  });

  test('the flags of a folder reach its sources, and no link; a change makes it anew', async () => {
    const main = 'int odd(void);\nint even(void);\nint main(void) { return odd() + even(); }\n';
    const tested = (name: string) =>
      `int ${name}(void) {\n#ifdef ODD\n  return 4;\n#else\n  return 1;\n#endif\n}\n`;
    await writeProgram({ 'src/main.c': main, 'odd/odd.c': tested('odd') });
    await writeProgram({ 'src/main.c': main, 'src/even.c': tested('even') });
    const withFlags = (...gcc: string[]) =>
      buildTarget(findTarget('host'), {
        source: {
          root: folder(),
          sources: ['src', 'odd'],
          includes: ['include'],
          folderFlags: { odd: { gcc, emcc: [], 'cross-gcc': [] } },
        },
        outDir: path.join(folder(), 'out'),
      });
    const artefact = await withFlags('-DODD');
    expect(exitCode(artefact.program)).toBe(5);
    const record = await recordOf(artefact);
    expect(record.folderFlags).toEqual({ odd: ['-DODD'] });
    expect(record.linkFlags).not.toContain('-DODD');
    expect(await withFlags('-DODD')).toMatchObject({ built: false });
    expect(exitCode((await withFlags()).program)).toBe(2);
  });

  test('two at the same time share the work', async () => {
    await writeProgram();
    const [first, second] = await Promise.all([build('host'), build('host')]);
    expect(first.said.length + second.said.length).toBe(1);
  });

  test('the same sources in another folder give the same bytes', async () => {
    await writeProgram({ 'src/where.c': 'const char *where(void) { return __FILE__; }\n' });
    const here = await recordOf(await build('p3'));
    const elsewhere = path.join(folder(), 'another-folder');
    for (const name of ['src', 'include']) {
      await cp(path.join(folder(), name), path.join(elsewhere, name), { recursive: true });
    }
    const source = { root: elsewhere, sources: ['src'], includes: ['include'] };
    const outDir = path.join(elsewhere, 'out');
    const there = await recordOf(await buildTarget(findTarget('p3'), { source, outDir }));
    expect(there.outputs).toEqual(here.outputs);
  });
});

describe('what makes a build anew', () => {
  test('a changed header beside the sources', async () => {
    await writeProgram({ 'src/own.h': '' });
    await build('host');
    expect((await build('host')).built).toBe(false);
    await writeProgram({ 'src/own.h': '#define OWN 1\n' });
    expect((await build('host')).built).toBe(true);
  });

  test('a changed header', async () => {
    await writeProgram();
    await build('host');
    await writeProgram({ 'include/word.h': '#define WORD "changed"\n' });
    const second = await build('host');
    expect(second.built).toBe(true);
    const file = path.join(folder(), 'text');
    expect(exitCode(second.program, file)).toBe(2);
    expect(await readFile(file, 'utf8')).toBe('changed 2\n');
  });

  test('a new source file', async () => {
    await writeProgram();
    await build('host');
    await writeProgram({ 'src/more.c': 'int more(void) { return 1; }\n' });
    expect((await build('host')).built).toBe(true);
  });

  test('a changed flag of the row', async () => {
    await writeProgram();
    const row = findTarget('host');
    await build(row);
    expect((await build({ ...row, flags: [...row.flags, '-DX'] })).built).toBe(true);
    expect((await build({ ...row, flags: [...row.flags, '-DX'] })).built).toBe(false);
  });

  test('a damaged program', async () => {
    await writeProgram();
    const first = await build('host');
    await writeFile(first.program, 'not a program');
    expect((await build('host')).built).toBe(true);
  });

  test('a damaged record', async () => {
    await writeProgram();
    const first = await build('host');
    await writeFile(first.record, '{"inputs": ');
    expect((await build('host')).built).toBe(true);
    expect((await build('host')).built).toBe(false);
  });

  test('--force', async () => {
    await writeProgram();
    await build('host');
    expect((await build('host', { force: true })).built).toBe(true);
  });
});

describe('a build that fails', () => {
  test('names target and file, shows the words of the compiler, keeps the old program', async () => {
    await writeProgram();
    const first = await build('host');
    const before = await sha256File(first.program);
    await writeProgram({ 'src/broken.c': 'int broken(void) { return missing; }\n' });
    await expect(build('host')).rejects.toMatchObject({
      message: 'host: compile src/broken.c failed (exit code 1)',
      hint: expect.stringContaining('missing'),
    });
    expect(await sha256File(first.program)).toBe(before);
    expect(await readdir(path.join(folder(), 'out'))).toEqual(['host']);
  });

  test('at the link, too', async () => {
    await writeProgram({ 'src/use.c': 'int absent(void);\nint use(void) { return absent(); }\n' });
    await expect(build('host')).rejects.toMatchObject({
      message: 'host: link failed (exit code 1)',
      hint: expect.stringContaining('absent'),
    });
  });

  test('when there are no sources, then it says where it looked', async () => {
    await writeProgram();
    await mkdir(path.join(folder(), 'empty'));
    const source = { root: folder(), sources: ['empty'], includes: ['include'] };
    await expect(buildTarget(findTarget('host'), { source })).rejects.toThrow('no C sources');
  });
});

describe('the i386 targets', () => {
  test.each([
    ['p2', 'pentium2'],
    ['p3', 'pentium3'],
  ])('%s is static, runs, and is held to %s as a whole', async (name, level) => {
    await writeProgram();
    const artefact = await build(name);
    expect(run('objdump', '-f', artefact.program)).toContain('elf32-i386');
    expect(run('objdump', '-p', artefact.program)).not.toMatch(/INTERP|DYNAMIC/);
    expect(exitCode(artefact.program, path.join(folder(), 'text'))).toBe(2);
    const record = await recordOf(artefact);
    expect(record.scan).toMatchObject({ level, violations: 0 });
    // The C library is part of what is scanned.
    expect(record.scan?.instructions).toBeGreaterThan(1000);
    expect(record.libc).toMatch(/^musl/);
  });

  test('an intrinsic above the level is refused by the compiler', async () => {
    await writeProgram({
      'src/high.c':
        '#include <emmintrin.h>\n__m128d high(__m128d x) { return _mm_add_pd(x, x); }\n',
    });
    await expect(build('p3')).rejects.toThrow('p3: compile src/high.c failed');
  });

  test('inline assembly above the level is refused by the assembler', async () => {
    await writeProgram({
      'src/high.c': 'void high(void) { __asm__("paddq %mm0, %mm1"); }\n',
    });
    await expect(build('p3')).rejects.toMatchObject({ hint: expect.stringContaining('paddq') });
  });

  test('bytes that slip past both fail the scan by function and instruction', async () => {
    await writeProgram();
    const before = await build('p3');
    const sha = await sha256File(before.program);
    await writeProgram({
      'src/high.c': 'void high(void) { __asm__(".byte 0x66, 0x0f, 0xd4, 0xc1"); }\n',
    });
    await expect(build('p3')).rejects.toMatchObject({
      message: 'p3: 1 instruction above pentium3, first in function high: paddq %xmm1,%xmm0',
      hint: expect.stringContaining('needs SSE2'),
    });
    expect(await sha256File(before.program)).toBe(sha);
  });

  test('SSE assembly passes as p3 and fails as p2', async () => {
    await writeProgram({ 'src/sse.c': 'void sse(void) { __asm__(".byte 0x0f, 0x58, 0xc1"); }\n' });
    expect((await build('p3')).built).toBe(true);
    await expect(build('p2')).rejects.toThrow('first in function sse: addps %xmm1,%xmm0');
  });

  test('compileMuslI386 makes a static program of its own', async () => {
    await writeProgram();
    const output = path.join(folder(), 'deep', 'init');
    const flags = ['-O2', '-s', '-march=pentium2', `-I${path.join(folder(), 'include')}`];
    await compileMuslI386([path.join(folder(), 'src/main.c')], output, flags);
    expect(run('objdump', '-f', output)).toContain('elf32-i386');
    expect(run('objdump', '-t', output)).toContain('no symbols');
    expect(exitCode(...startOf(findTarget('p2'), output))).toBe(1);
    expect(await readdir(path.dirname(output))).toEqual(['init']);
  });
});

describe('the WebAssembly targets', () => {
  test.each(['wasm', 'wasm-simd'])(
    '%s runs under node, with files and exit codes',
    async (name) => {
      await writeProgram();
      const artefact = await build(name);
      const file = path.join(folder(), 'text');
      expect(exitCode(process.execPath, artefact.program, file)).toBe(2);
      expect(await readFile(file, 'utf8')).toBe('hello 2\n');
      expect(exitCode(process.execPath, artefact.program, '/no/such/folder/text')).toBe(3);
      const record = await recordOf(artefact);
      expect(Object.keys(record.outputs)).toEqual([
        ...['legacy_llm.js', 'legacy_llm.wasm', 'package.json'],
      ]);
    },
  );
});
