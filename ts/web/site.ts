// Builds the page as a static site that any host can serve, from any folder, and serves it here. The
// sources stand in web/; what they load by the names #page, #page-simd, #data and #docs comes from
// the builds and folders of the project.
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { InlineConfig, Plugin } from 'vite';
import { filesOf } from '../../scripts/sums.mjs';
import { buildTarget } from '../build/build.ts';
import { findTarget, type Target } from '../build/targets.ts';
import { buildDir, imagesDir, rootDir } from '../support/paths.ts';
import { formatBytes, type Progress } from '../support/progress.ts';
import { makeLaptopKit } from './laptop.ts';
import { xtermStyles } from './xterm_styles.ts';

// The builds of the library that the page loads.
const BUILDS = ['page-simd', 'page'] as const;

export function pageTargets(): Target[] {
  return BUILDS.map(findTarget);
}

// Where the site is written to, and beside it what its laptop starts from.
export const siteDir = path.join(imagesDir, 'site');
const kitOf = (outDir: string) => `${outDir}-laptop`;

// Where `npm run report` puts its folders, whose names are their dates.
const reportsDir = path.join(rootDir, 'reports');

// Builds the library for the page and what the laptops start from, then the site, whose folder it
// replaces. The latest report, where there is one, goes beside the page.
export async function buildSite(
  progress: Progress,
  outDir = siteDir,
  reports = reportsDir,
): Promise<void> {
  const onStep = (target: string, step: string) =>
    progress.update(`building: ${target} ${step}`, 'building');
  for (const target of pageTargets()) await buildTarget(target, { onStep });
  await makeLaptopKit(kitOf(outDir), progress);
  progress.update('building the page', 'page');
  const { build } = await import('vite'); // which other commands need not wait for
  await build({ ...configOf(outDir), plugins: [linked(), xtermStyles(), report(reports)] });
  progress.clear();
}

// How large the built site is, for people.
export async function sizeOfSite(outDir = siteDir): Promise<string> {
  const files = await filesOf(outDir);
  const sizes = files.map(async (name) => (await stat(path.join(outDir, name))).size);
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  return `${files.length} files, ${formatBytes(bytes)}`;
}

// Serves a built site until it is stopped; gives its address and what stops it.
export async function serveSite(
  port: number,
  outDir = siteDir,
): Promise<{ url: string; close: () => Promise<void> }> {
  const { preview } = await import('vite');
  const config = { ...configOf(outDir), preview: { port, strictPort: true, host: 'localhost' } };
  const server = await preview(config);
  const [url = ''] = server.resolvedUrls?.local ?? [];
  return { url, close: () => server.close() };
}

function configOf(outDir: string): InlineConfig {
  const from = (name: string) => path.join(rootDir, name);
  return {
    configFile: false,
    root: from('web'),
    base: './', // works from any folder of a host
    logLevel: 'error',
    clearScreen: false,
    resolve: {
      alias: {
        ...Object.fromEntries(BUILDS.map((name) => [`#${name}`, path.join(buildDir, name)])),
        '#laptop': kitOf(outDir),
        '#data': from('data'),
        '#docs': from('docs'),
      },
    },
    worker: { format: 'es' },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0, // the policy of the page allows nothing inline
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  };
}

// Puts the files that the page links to beside it: plots, href="docs/loss_by_bytes.svg", and sources,
// href="c/src/math/packing.h.txt". Those are texts by their names, since few hosts know .c and .h.
function linked(): Plugin {
  return {
    name: 'linked',
    apply: 'build',
    async generateBundle() {
      const html = await readFile(path.join(rootDir, 'web', 'index.html'), 'utf8');
      for (const [, fileName = ''] of html.matchAll(/href="((?:c|docs)\/[\w./]+)"/g)) {
        const source = await readFile(path.join(rootDir, fileName.replace(/\.txt$/, '')));
        this.emitFile({ type: 'asset', fileName, source });
      }
    },
  };
}

// Puts the page of the latest report beside this one, and a link to it where index.html has <!-- report -->.
function report(reports: string): Plugin {
  const place = '<!-- report -->';
  const link =
    '<p><a href="./report.html">The latest report</a>: every build, measured, in tables and plots.</p>';
  let source: Uint8Array | undefined;
  return {
    name: 'report',
    apply: 'build',
    async buildStart() {
      source = await latestReport(reports);
      if (source) this.emitFile({ type: 'asset', fileName: 'report.html', source });
    },
    transformIndexHtml: (html) => html.replace(place, source ? link : ''),
  };
}

// The page of the newest report that is whole; undefined: there is none.
async function latestReport(reports: string): Promise<Uint8Array | undefined> {
  const names = await readdir(reports).catch(() => []);
  const dated = names.filter((name) => /^\d{4}-\d\d-\d\d-\d{6}$/.test(name)).sort();
  for (const name of dated.reverse()) {
    const file = path.join(reports, name, 'index.html');
    const found = await readFile(file).catch(() => undefined);
    if (found) return found;
  }
  return undefined;
}
