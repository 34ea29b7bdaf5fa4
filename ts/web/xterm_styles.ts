// Lets xterm.js keep to the policy of the page. It writes style sheets into <style> elements and colours
// into style attributes, which style-src 'self' forbids to all. What is written to a style sheet or a style
// through its object it allows. So here, in the code of xterm.js, the one becomes the other. Fails where
// xterm.js is not the version that package.json pins.
import path from 'node:path';
import type { Plugin } from 'vite';
import { UserError } from '../support/errors.ts';
import { rootDir } from '../support/paths.ts';

const MODULE = /@xterm\/xterm\/lib\/xterm\.mjs$/;
const HELPER = path.join(rootDir, 'web/src/laptop/adopted_style.ts');

interface Rewrite {
  from: string;
  to: string;
  times: number;
}

const rewrites: readonly Rewrite[] = [
  { from: 'this._document.createElement("style")', to: 'adoptedStyle()', times: 2 },
  { from: 'n.mainDocument.createElement("style")', to: 'adoptedStyle()', times: 1 },
  {
    from: 't.setAttribute("style",`$' + '{t.getAttribute("style")||""}$' + '{e};`)',
    to: 't.style.cssText+=e',
    times: 1,
  },
];

// The plugin of vite.
export function xtermStyles(): Plugin {
  return {
    name: 'xterm-styles',
    transform: (code, id) => (MODULE.test(id) ? { code: rewritten(code), map: null } : null),
  };
}

function rewritten(code: string): string {
  const imported = `import { adoptedStyle } from ${JSON.stringify(HELPER)};\n`;
  return imported + rewrites.reduce(rewrite, code);
}

function rewrite(code: string, { from, to, times }: Rewrite): string {
  const pieces = code.split(from);
  if (pieces.length === times + 1) return pieces.join(to);
  throw new UserError(`xterm.js holds ${from} ${pieces.length - 1} times, not ${times}`, {
    hint: 'This xterm.js is not the version that package.json pins: run npm ci.',
  });
}
