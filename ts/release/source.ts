// The sources of a release: one commit of the checkout, as git archives it. The same commit gives the
// same bytes, whoever makes the archive, when and where.
import path from 'node:path';
import { UserError } from '../support/errors.ts';
import { exec, execAny } from '../support/exec.ts';
import { exists } from '../support/files.ts';

const MOST_NAMES = 3;

// No setting of a user's changes the bytes.
const OWN_SETTINGS = [
  'core.autocrlf=false',
  'core.eol=lf',
  'core.attributesFile=/dev/null',
  'tar.umask=0022',
].flatMap((setting) => ['-c', setting]);

// The commit that a checkout is at; undefined where the folder is no checkout of git's.
export async function commitOf(root: string): Promise<string | undefined> {
  if (!(await exists(path.join(root, '.git')))) return undefined;
  const result = await execAny('git', ['-C', root, 'rev-parse', '--verify', 'HEAD']);
  return result.exitCode === 0 ? result.stdout.trim() : undefined;
}

// Refuses a checkout that is not what its commit is: a release is of one commit.
export async function checkClean(root: string): Promise<void> {
  const status = ['-C', root, 'status', '--porcelain', '--untracked-files=all'];
  const { stdout } = await exec('git', status, { what: 'git status' });
  const names = stdout.split('\n').flatMap((line) => line.slice(3) || []);
  if (names.length === 0) return;
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  const some = names.slice(0, MOST_NAMES).join(', ');
  throw new UserError(`the checkout has changes that no commit has: ${some}${more}`, {
    hint: 'A release is made of one commit: commit them, or put them away (git stash -u).',
  });
}

// Writes the files of HEAD as a .tar.gz, all in one folder of that name.
export async function writeSource(root: string, folder: string, file: string): Promise<void> {
  const tar = file.replace(/\.gz$/, '');
  const archive = ['archive', '--format=tar', `--prefix=${folder}/`, '--output', tar, 'HEAD'];
  await exec('git', ['-C', root, ...OWN_SETTINGS, ...archive], { what: 'archive the sources' });
  await exec('gzip', ['-9', '--no-name', tar], { what: 'compress the sources' });
}
