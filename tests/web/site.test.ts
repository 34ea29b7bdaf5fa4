// The static site: the same bytes from the same sources, nothing inline, and no address of elsewhere.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../ts/support/hash.ts';
import { createProgress } from '../../ts/support/progress.ts';
import { buildSite, serveSite } from '../../ts/web/site.ts';
import { xtermStyles } from '../../ts/web/xterm_styles.ts';
import { temporaryFolderOfSuite } from '../temporary.ts';

const folder = temporaryFolderOfSuite();
const at = (name: string) => path.join(folder(), name);

// SHA-256 of each file in a folder.
function sumsOf(site: string): Record<string, string> {
  const entries = readdirSync(site, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const names = files.map(({ parentPath, name }) => path.join(parentPath, name)).sort();
  return Object.fromEntries(
    names.map((name) => [path.relative(site, name), sha256(readFileSync(name))]),
  );
}

describe('the built site', () => {
  test('has the same bytes when it is built again, and what was there before is gone', async () => {
    await buildSite(createProgress(), at('a'), at('no reports'));
    await buildSite(createProgress(), at('b'), at('no reports'));
    const sums = sumsOf(at('a'));
    expect(Object.keys(sums).length).toBeGreaterThan(6);
    expect(sumsOf(at('b'))).toEqual(sums);
    for (const [date, words] of [
      ['2026-11-25-212847', 'older'],
      ['2026-11-26-010203', 'newer'],
    ] as const) {
      mkdirSync(at(`reports/${date}`), { recursive: true });
      writeFileSync(at(`reports/${date}/index.html`), words);
    }
    mkdirSync(at('reports/2026-11-27-000000')); // broken off
    await buildSite(createProgress(), at('c'), at('reports'));
    expect(readFileSync(at('c/report.html'), 'utf8')).toBe('newer');
    expect(readFileSync(at('c/index.html'), 'utf8')).toContain('href="./report.html"');
    await buildSite(createProgress(), at('c'), at('no reports'));
    expect(sumsOf(at('c'))).toEqual(sums);
  });

  test('has a policy that allows nothing inline, and keeps to it', async () => {
    const html = readFileSync(path.join(at('a'), 'index.html'), 'utf8');
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(html)?.[1] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("'wasm-unsafe-eval'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*|https?:/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/);
    for (const [tag] of html.matchAll(/<script[^>]*>/g)) expect(tag).toContain('src="./');
  });

  test('names every file relative to itself, the linked sources too, and has it', () => {
    const html = readFileSync(path.join(at('a'), 'index.html'), 'utf8');
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
    expect(addresses.length).toBeGreaterThan(3);
    expect(addresses.filter((address) => !/^(\.\/|#|c\/|docs\/)/.test(address ?? ''))).toEqual([]);
    const files = addresses.filter((address) => address && !address.startsWith('#'));
    const sums = sumsOf(at('a'));
    for (const file of files) expect(sums).toHaveProperty([path.normalize(file ?? '')]);
  });

  test('is served here, and a port that is taken is refused', async () => {
    const { url, close } = await serveSite(0, at('a'));
    const answer = await (await fetch(url)).text();
    expect(answer).toContain('Legacy-1bit LLM');
    await expect(serveSite(Number(new URL(url).port), at('a'))).rejects.toThrow('in use');
    await close();
  });

  test('is not built with another xterm.js, whose styles would not keep to the policy', () => {
    const { transform } = xtermStyles() as { transform: (code: string, id: string) => unknown };
    const file = '/node_modules/@xterm/xterm/lib/xterm.mjs';
    expect(() => transform('another();', file)).toThrow('0 times, not 2');
    expect(transform('another();', '/another.mjs')).toBeNull();
  });
});
