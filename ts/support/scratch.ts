// Folders for the time of some work, in the temporary folder of the system. They are removed at its
// end; what a killed run left is removed by the next one.
import { rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ownedName, sweep } from '../../scripts/owner.mjs';

const PREFIX = 'legacy-llm-';

// Does work in a fresh folder, which is called after what it is for.
export async function withScratch<T>(
  what: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await sweep(tmpdir(), PREFIX);
  const folder = ownedName(path.join(tmpdir(), `${PREFIX}${what}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  process.once('exit', remove);
  try {
    return await work(folder);
  } finally {
    process.off('exit', remove);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
