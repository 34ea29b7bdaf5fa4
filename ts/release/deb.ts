// The Debian package: what `make install` puts under /usr, as dpkg takes it. The same sources and
// compiler give the same bytes.
import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { filesOf } from '../../scripts/sums.mjs';
import { make } from '../build/make.ts';
import { exec } from '../support/exec.ts';
import { rootDir } from '../support/paths.ts';
import { withScratch } from '../support/scratch.ts';
import { setModes } from './modes.ts';

// The name that apt and dpkg know it by.
export const PACKAGE = 'legacy-llm';

// The time that dpkg-deb gives to all files that are later, so to each of them.
const MOMENT = '970358400'; // 2000-10-01

// Writes PACKAGE_VERSION_ARCHITECTURE.deb into a folder and gives its name.
export async function writeDeb(version: string, folder: string): Promise<string> {
  const architecture = (await exec('dpkg', ['--print-architecture'])).stdout.trim();
  const name = `${PACKAGE}_${version}_${architecture}.deb`;
  await withScratch('deb', async (work) => {
    const root = path.join(work, 'root');
    await installInto(root, work);
    await toPolicy(root);
    await mkdir(path.join(root, 'DEBIAN'));
    const control = controlOf(version, architecture, await kilobytesOf(root));
    await writeFile(path.join(root, 'DEBIAN', 'control'), control);
    await setModes(root, (file) => path.dirname(file).endsWith('/bin'));
    await exec('dpkg-deb', ['--build', '--root-owner-group', root, path.join(folder, name)], {
      what: 'make the Debian package',
      env: { SOURCE_DATE_EPOCH: MOMENT },
    });
  });
  return name;
}

// What a user of `make install` gets, of the fast build.
async function installInto(root: string, work: string): Promise<void> {
  const places = [`OUT=${work}/legacy_llm`, `LIB=${work}/liblegacy_llm.a`];
  const goal = ['install', 'USE_SSE_BUILD=1', 'PREFIX=/usr', `DESTDIR=${root}`];
  await make([...goal, ...places], { what: 'make install' });
}

// As Debian has it: no symbols in the program, a manual page that is compressed, the licence with the
// documents.
async function toPolicy(root: string): Promise<void> {
  const documents = path.join(root, 'usr/share/doc', PACKAGE);
  await exec('strip', [path.join(root, 'usr/bin/legacy_llm')], { what: 'strip' });
  await exec('gzip', ['-9', '--no-name', path.join(root, 'usr/share/man/man1/legacy_llm.1')]);
  await mkdir(documents, { recursive: true });
  await copyFile(path.join(rootDir, 'LICENSE'), path.join(documents, 'copyright'));
}

// The fields of Debian's policy, 5.3; the installed size in kB of 1,024 bytes.
function controlOf(version: string, architecture: string, kilobytes: number): string {
  return [
    `Package: ${PACKAGE}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: the people of Legacy-1bit LLM <legacy-llm@localhost>',
    `Installed-Size: ${kilobytes}`,
    'Depends: libc6',
    'Section: science',
    'Priority: optional',
    'Description: language model that trains and runs on a laptop of the year 2000',
    ' Trains ternary language models on texts of your own and writes with them; one comes',
    ' with it. With the library for programs in C, its header, and completions of shells.',
    '',
  ].join('\n');
}

async function kilobytesOf(root: string): Promise<number> {
  const sizes = (await filesOf(root)).map(async (name) => (await stat(path.join(root, name))).size);
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  return Math.ceil(bytes / 1024);
}
