// A Debian package for i386, downloaded by itself: without root, and without telling the system about
// a foreign architecture. Nothing is installed.
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { exec, execAny } from '../support/exec.ts';

// Unpacks the files of a package into a folder and gives its version; `hint` says how to do without.
export async function unpackI386Package(
  name: string,
  folder: string,
  hint: string,
): Promise<string> {
  const work = path.join(folder, 'fetched');
  await mkdir(work);
  const archive = await downloadPackage(name, work, hint);
  const { stdout } = await exec('dpkg-deb', ['-f', archive, 'Version'], {
    what: 'read the package',
  });
  await exec('dpkg-deb', ['-x', archive, folder], { what: `unpack ${name} for i386` });
  await rm(work, { recursive: true });
  return stdout.trim();
}

// apt with lists, cache and architecture of its own; sources and keys are the system's.
async function downloadPackage(name: string, work: string, hint: string): Promise<string> {
  const lists = path.join(work, 'lists');
  const archives = path.join(work, 'cache');
  for (const folder of [lists, archives]) {
    await mkdir(path.join(folder, 'partial'), { recursive: true });
  }
  const own = [
    ...['APT::Architecture=i386', 'APT::Architectures=i386', 'Dir::State::status=/dev/null'],
    ...[`Dir::State::Lists=${lists}`, `Dir::Cache=${archives}`, 'Acquire::Languages=none'],
    ...['APT::Sandbox::User=', 'Debug::NoLocking=true'],
  ].flatMap((option) => ['-o', option]);
  // An update may fail for a source that does not matter here; the download tells.
  await execAny('apt-get', [...own, '-q', 'update'], { cwd: work });
  const what = `fetch ${name} for i386`;
  await exec('apt-get', [...own, '-q', 'download', name], { cwd: work, what, hint });
  const file = (await readdir(work)).find((entry) => entry.endsWith('.deb'));
  if (file === undefined) throw new UserError(`apt-get fetched no ${name} for i386`, { hint });
  return path.join(work, file);
}
