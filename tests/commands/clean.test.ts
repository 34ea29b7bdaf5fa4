import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { clean } from '../../ts/commands/clean.ts';
import { useTemporaryFolder } from '../temporary.ts';

const folder = useTemporaryFolder();

test('removes what is there and says of each folder whether there was anything', async () => {
  const full = path.join(folder(), 'full');
  const absent = path.join(folder(), 'absent');
  await mkdir(path.join(full, 'deep'), { recursive: true });
  await writeFile(path.join(full, 'deep', 'file'), 'x');
  expect(await clean([full, absent])).toEqual([`${full}: removed`, `${absent}: nothing to remove`]);
  expect(existsSync(full)).toBe(false);
});
