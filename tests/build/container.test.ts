// The Dockerfile, where there is nothing to build images with: its files are there, and its commands make
// a program that needs nothing else. What installs Debian packages is not carried out.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { describe, expect, test } from 'vitest';
import { exec, execAny } from '../../ts/support/exec.ts';
import { rootDir } from '../../ts/support/paths.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const dockerfile = DockerfileParser.parse(readFileSync(path.join(rootDir, 'Dockerfile'), 'utf8'));
const instructions = dockerfile.getInstructions();
const named = (keyword: string) => instructions.filter((each) => each.getKeyword() === keyword);

// What COPY takes of the checkout, and not of another stage.
function copied(): string[] {
  const own = dockerfile.getCOPYs().filter((copy) => copy.getFlags().length === 0);
  return own.flatMap((copy) =>
    copy
      .getArguments()
      .slice(0, -1)
      .map((each) => each.getValue()),
  );
}

// The words of a RUN for a shell, without what only continues its line.
function runs(): string[] {
  return named('RUN').map((run) => run.getArgumentsContent()?.replaceAll('\\\n', '') ?? '');
}

describe('the Dockerfile', () => {
  test('takes what is there, which .dockerignore lets through, and nothing else', () => {
    const lines = readFileSync(path.join(rootDir, '.dockerignore'), 'utf8').split('\n');
    const through = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    expect(copied().sort()).toEqual(through.sort());
    expect(copied().filter((name) => !existsSync(path.join(rootDir, name)))).toEqual([]);
  });

  test('makes its last stage of nothing, runs the program in it, and not as root', () => {
    expect(dockerfile.getFROMs().map((stage) => stage.getImage())).toEqual([
      'debian:12-slim',
      'scratch',
    ]);
    expect(named('USER').map((user) => user.getArgumentsContent())).toEqual(['1000:1000']);
    const [entry] = dockerfile.getENTRYPOINTs();
    expect(entry?.getJSONStrings().map((word) => word.getJSONValue())).toEqual([
      '/usr/local/bin/legacy_llm',
    ]);
  });

  test('its commands make a program that tests itself, needs no library and finds its model', async () => {
    const image = path.join(folder(), 'image');
    const source = path.join(folder(), 'source');
    mkdirSync(source);
    for (const name of copied()) {
      cpSync(path.join(rootDir, name), path.join(source, name), { recursive: true });
    }
    const [install = '', make = '', ...more] = runs();
    expect(install).toMatch(/^apt-get update && +apt-get install /);
    expect(more).toEqual([]);
    const { stdout } = await exec('sh', ['-c', make.replaceAll('/image', image)], { cwd: source });
    expect(stdout).toMatch(/\d+ passed, 0 failed/);
    expect(readdirSync(image).sort()).toEqual(['tmp', 'usr', 'work']);
    expect(statSync(path.join(image, 'work')).mode & 0o7777).toBe(0o1777);
    const program = path.join(image, 'usr/local/bin/legacy_llm');
    expect((await execAny('ldd', [program])).stderr).toContain('not a dynamic executable');
    const told = await exec(program, ['generate', '--prompt', 'One day', '-n', '20'], {
      cwd: image,
    });
    expect(told.stdout).toMatch(/^One day \w+ /);
  });
});
