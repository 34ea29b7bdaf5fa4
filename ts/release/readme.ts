// The page for whoever receives a release: what each file is, how to begin, and whose work is in it.
import type { MadePart } from './rows.ts';
import { type Work, works } from './works.ts';

// Which release it is.
export interface Facts {
  version: string;
  /** Undefined where it is of no commit. */
  commit: string | undefined;
}

const GNU = /^GNU/;
// What Debian adds to a version when it builds the same source once more.
const BUILT_AGAIN = /\+b\d+$/;

// The page, of the parts that are there.
export async function readmeOf(made: readonly MadePart[], facts: Facts): Promise<string> {
  const { version, commit } = facts;
  const title = `Legacy-1bit LLM ${version}`;
  return [
    title,
    '='.repeat(title.length),
    '',
    'A language model that trains and writes text on a laptop of the year 2000.',
    ...(commit === undefined ? [] : [`Made of commit ${commit}.`]),
    '',
    'Whether all files are whole: sha256sum -c SHA256SUMS (macOS: shasum -a 256 -c SHA256SUMS).',
    'A folder can be copied to another computer by itself. There, "legacy_llm generate" writes a',
    'story, "legacy_llm selftest" tests the computer, "legacy_llm help" tells what else there is.',
    '',
    ...made.flatMap(entryOf),
    ...(await licences(made)),
    '',
  ].join('\n');
}

function entryOf({ part, files }: MadePart): string[] {
  const file = files.length === 1 ? (files[0] ?? '') : `${part.name}/`;
  return [file, `    ${part.title}`, `    ${part.use.replace('FILE', file)}`, ''];
}

// The licence of the project, and a line for each work of others.
async function licences(made: readonly MadePart[]): Promise<string[]> {
  const names = [...new Set(made.flatMap(({ part }) => part.works))];
  const own = 'The program, its model and its stories are under the MIT licence (LICENSE).';
  if (names.length === 0) return [own];
  const lines = names.map(async (name) => {
    const inside = made.filter(({ part }) => part.works.includes(name));
    return workLine(works[name], inside.map(({ part }) => part.name).join(', '));
  });
  const gnu = names.some((name) => GNU.test(works[name].licence));
  return [
    own,
    'Of others there is, with the Debian source package that it was made of:',
    '',
    ...(await Promise.all(lines)),
    ...(gnu ? ['', ...OFFER] : []),
  ];
}

const OFFER = [
  'Who passes on what is under the GNU GPL or LGPL has to offer those sources, too:',
  '"apt-get source NAME=VERSION" on Debian, or https://snapshot.debian.org. The configuration of the',
  'kernels and all that puts the images together is in the sources of this release (emu/, ts/images/).',
];

async function workLine({ title, licence, source, version }: Work, inside: string) {
  const ofSource = (await version()).replace(BUILT_AGAIN, '');
  return `    ${title}, ${licence}: ${source}=${ofSource} (in ${inside})`;
}
