// Names that say whose a file is, and the removal of what processes left that are no more.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ownedName, owner, ownerIsGone, sweep, sweepNameless } from '../../scripts/owner.mjs';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();
const at = (name: string) => path.join(folder(), name);

// The owner of a process that has ended.
function deadOwner(): string {
  const module = path.join(import.meta.dirname, '../../scripts/owner.mjs');
  const script = `import { owner } from ${JSON.stringify(module)}; console.log(owner)`;
  const args = ['--input-type=module', '-e', script];
  return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim();
}

function makeOld(file: string, hours: number): void {
  const then = new Date(Date.now() - hours * 3600 * 1000);
  utimesSync(file, then, then);
}

test('two names beside one file differ, and say that they are ours', () => {
  const [a, b] = [ownedName('x'), ownedName('x')];
  expect(a).not.toBe(b);
  expect(a).toMatch(/^x\..*\.tmp$/);
  expect(ownerIsGone(a)).toBe(false);
});

test('a process that has ended is gone, and so is one whose number another has now', () => {
  expect(ownerIsGone(deadOwner())).toBe(true);
  const [space] = owner.split('-');
  expect(ownerIsGone(`${space}-${process.pid}-000000`)).toBe(true);
});

test('sweeping removes what dead processes left, folders too, and nothing else', async () => {
  const dead = `big.${deadOwner()}-aa.tmp`;
  mkdirSync(at(dead));
  writeFileSync(at(path.join(dead, 'file')), 'x');
  const stays = ['big', 'big.txt.tmp', `big.${owner}-aa.tmp`, 'big.ffffff-1-ffffff-aa.tmp'];
  for (const name of stays) writeFileSync(at(name), 'x');
  await sweep(folder(), 'big.');
  expect(readdirSync(folder()).sort()).toEqual([...stays].sort());
});

test('what a process of another machine left is removed after a day', async () => {
  writeFileSync(at('x.ffffff-1-ffffff-aa.tmp'), 'x');
  makeOld(at('x.ffffff-1-ffffff-aa.tmp'), 25);
  await sweep(folder());
  expect(readdirSync(folder())).toEqual([]);
});

test('what names without an owner are left of is removed after an hour', async () => {
  for (const name of ['5f.building-abc123', 'fetch-abc123', '5f.tmp-abc123']) {
    mkdirSync(at(name));
    makeOld(at(name), 2);
  }
  mkdirSync(at('5f.building-fresh1'));
  await sweepNameless(folder());
  expect(readdirSync(folder())).toEqual(['5f.building-fresh1']);
});
