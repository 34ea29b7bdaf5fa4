// ccache in front of the compilers: what one test has compiled, none compiles again, nor does the next
// run of the tests, in whatever folder. It knows an object by the contents of all that went into it.
import { accessSync, constants, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { cacheDir } from '../scripts/places.mjs';
import { onPath } from '../scripts/requirements.mjs';

const COMPILERS = ['cc', 'gcc', 'clang', 'emcc', 'i686-w64-mingw32-gcc'];

// What the environment has to hold for it; nothing where there is no ccache, or no place for it.
export function compileCache(): Record<string, string> {
  const ccache = onPath('ccache');
  const folder = path.join(cacheDir(), 'ccache');
  const links = path.join(folder, 'links');
  if (ccache === undefined || !canWrite(links)) return {};
  for (const name of COMPILERS) linkTo(ccache, path.join(links, name));
  return {
    C_COMPILER_LAUNCHER: ccache,
    PATH: `${links}${path.delimiter}${process.env.PATH ?? ''}`,
    CCACHE_DIR: folder,
    CCACHE_MAXSIZE: '2G',
    CCACHE_DEPEND: 'true', // where the compiler tells the headers, as for make, it is not asked for them before
    CCACHE_NOHASHDIR: 'true', // of debug symbols, the folder
  };
}

function canWrite(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function linkTo(target: string, link: string): void {
  try {
    if (readlinkSync(link) === target) return;
  } catch {
    // Not there yet, or no link.
  }
  rmSync(link, { force: true });
  symlinkSync(target, link);
}
