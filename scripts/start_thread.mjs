// What a thread of Node starts with to run a file of ts/, whose address is its argument: there --import
// has no effect on the first file (ts/support/fork.ts).
import { tsImport } from 'tsx/esm/api';

await tsImport(process.argv[2] ?? '', import.meta.url);
