// The story commands as they are typed: sizes, seeds, files, and what they say to mistakes.
import { spawn, spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSeed, parseSize } from '../../scripts/stories/options.mjs';
import { splitStories } from '../../scripts/stories/text.mjs';

const scripts = fileURLToPath(new URL('../../scripts/stories/', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'stories-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(script: string, ...args: string[]) {
  return spawnSync(process.execPath, [path.join(scripts, script), ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
}

function generate(name: string, ...args: string[]): string {
  const result = run('generate.mjs', '--out', name, ...args);
  expect(result.stderr).toBe('');
  expect(result.status).toBe(0);
  return readFileSync(path.join(folder, name), 'utf8');
}

describe('npm run data', () => {
  it('gives the same text for the same seed and another for another', () => {
    const text = generate('a.txt', '--size', '50KB', '--seed', '7');
    expect(generate('b.txt', '--size', '50KB', '--seed', '7')).toBe(text);
    expect(generate('c.txt', '--size', '50KB', '--seed', '8')).not.toBe(text);
  });

  it('reaches the size in whole stories, and not by more than one story', () => {
    const text = generate('a.txt', '--size', '300KB');
    expect(text.length).toBeGreaterThanOrEqual(300 * 1024);
    expect(text.length).toBeLessThan(300 * 1024 + 2000);
    expect(text).toMatch(/[.!"?]\n$/);
  });

  it('begins a larger text with the smaller one of that seed', () => {
    const small = generate('a.txt', '--size', '20KB', '--seed', '3');
    expect(generate('b.txt', '--size', '600KB', '--seed', '3').startsWith(small)).toBe(true);
  });

  it('tells no story twice in 2 MB', () => {
    const stories = splitStories(generate('a.txt', '--size', '2MB', '--seed', '11'));
    expect(new Set(stories).size).toBe(stories.length);
  });

  it('works through a symbolic link to the checkout', () => {
    symlinkSync(scripts, path.join(folder, 'link'));
    const result = spawnSync(process.execPath, [path.join(folder, 'link/generate.mjs'), '--help']);
    expect(result.stdout.toString()).toContain('--size SIZE');
  });

  it('replaces an old file and leaves nothing else in the folder', () => {
    writeFileSync(path.join(folder, 'a.txt'), 'old');
    expect(generate('a.txt', '--size', '2KB')).not.toContain('old\n');
    expect(readdirSync(folder)).toEqual(['a.txt']);
  });

  it('says what it did, and how it is used', () => {
    expect(run('generate.mjs', '--size', '2KB', '--seed', '4', '--out', 'x.txt').stdout).toMatch(
      /^\d+ bytes of stories, seed 4: x\.txt\n$/,
    );
    expect(run('generate.mjs', '--help').stdout).toContain('--size SIZE');
  });

  it('when stopped, keeps the old file and leaves nothing half written', async () => {
    writeFileSync(path.join(folder, 'a.txt'), 'old');
    const args = [path.join(scripts, 'generate.mjs'), '--size', '2GB', '--out', 'a.txt'];
    const child = spawn(process.execPath, args, { cwd: folder });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    while (child.exitCode === null && readdirSync(folder).length < 2)
      await new Promise((next) => setTimeout(next, 20));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(readdirSync(folder)).toEqual(['a.txt']);
    expect(readFileSync(path.join(folder, 'a.txt'), 'utf8')).toBe('old');
  });
});

describe('wrong usage', () => {
  it.each([
    [['--colour'], 'unknown option --colour'],
    [['-x'], 'unknown option -x'],
    [['--size'], '--size needs a value'],
    [['--size', '--seed', '3'], '--size needs a value'],
    [['--size', 'big'], '"big" is not a size'],
    [['--size', '0'], '"0" is not a size'],
    [['--size=-3MB'], '"-3MB" is not a size'],
    [['--seed', '1.5'], '"1.5" is not a whole number'],
    [['--names', '0'], '--names "0" is not a whole number of 1 to 60'],
    [['--chains', '101'], '--chains "101" is not a whole number of 0 to 100'],
    [['--seed', '4294967296'], '"4294967296" is not a whole number'],
    [['--heroes=no'], '--heroes takes no value'],
    [['--help=no'], '--help takes no value'],
    [['extra'], 'unexpected argument "extra"'],
    [['--out', 'missing/a.txt'], 'there is no folder'],
    [['--out', '.'], 'is a folder'],
  ])('%j is one clear line and exit code 2', (args, message) => {
    const result = run('generate.mjs', ...args);
    expect(result.status).toBe(2);
    expect(result.stdout).toBe('');
    expect(result.stderr).toMatch(/^data: [^\n]+\n$/);
    expect(result.stderr).toContain(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a place where nothing can be written is one clear line and exit code 1', () => {
    const result = run('generate.mjs', '--size', '1KB', '--out', '/proc/stories.txt');
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^data: [^\n]+\n$/);
  });

  it('is the same for the other commands', () => {
    for (const [script, name] of [
      ['facts.mjs', 'facts'],
      ['sample.mjs', 'sample'],
    ] as const) {
      const result = run(script, '--nothing');
      expect(result.status).toBe(2);
      expect(result.stderr).toBe(`${name}: unknown option --nothing; see --help\n`);
    }
  });
});

describe('options', () => {
  it.each([
    ['400KB', 409_600],
    ['20MB', 20_971_520],
    ['1.5kb', 1536],
    ['1G', 1_073_741_824],
    ['123', 123],
  ])('reads the size %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it('reads the largest seed', () => {
    expect(parseSeed('4294967295')).toBe(4294967295);
  });
});

describe('facts', () => {
  it('prints the entropies and the overlap of a text', () => {
    generate('a.txt', '--size', '30KB');
    const { stdout, status } = run('facts.mjs', '--text', 'a.txt');
    expect(status).toBe(0);
    expect(stdout).toMatch(/by training bigrams +[12]\.\d{4} nats per character/);
    expect(stdout).toMatch(/windows of 40 in training +generated \d+\.\d %/);
  });

  it('names a text that cannot be read', () => {
    const result = run('facts.mjs', '--text', 'none.txt');
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^facts: [^\n]*none\.txt[^\n]*\n$/);
  });
});
