// What objects and archives say of their symbols, by nm and objdump.
import { exec } from '../../ts/support/exec.ts';

// Names of what files define for others.
export async function globalSymbols(...files: string[]): Promise<string[]> {
  const { stdout } = await exec('nm', ['-g', '--defined-only', '-P', ...files]);
  return namesIn(stdout);
}

// Names of what files need from elsewhere, less what they define for each other.
export async function undefinedSymbols(...files: string[]): Promise<string[]> {
  const [needed, own] = await Promise.all([
    exec('nm', ['-u', '-P', ...files]),
    exec('nm', ['-g', '--defined-only', '-P', ...files]),
  ]);
  const defined = new Set(namesIn(own.stdout));
  return namesIn(needed.stdout).filter((name) => !defined.has(name));
}

// Sorted, without the lines that name a file.
function namesIn(stdout: string): string[] {
  const rows = stdout.split('\n').filter((line) => line !== '' && !line.endsWith(':'));
  return [...new Set(rows.map((line) => line.split(' ')[0] ?? ''))].sort();
}

export interface DataSymbol {
  file: string;
  name: string;
  section: string;
}

// Objects in memory that can change while a program runs. What only the loader writes
// (.data.rel.ro) is none.
export async function dataSymbols(...files: string[]): Promise<DataSymbol[]> {
  const { stdout } = await exec('objdump', ['-t', ...files]);
  let file = '';
  const found: DataSymbol[] = [];
  for (const line of stdout.split('\n')) {
    file = /^(\S+\.o):\s+file format/.exec(line)?.[1] ?? file;
    const match = /^[0-9a-f]+ .{6}O ([\w.*]+)\t[0-9a-f]+ (?:\.hidden )?(\S+)$/.exec(line);
    const [, section = '', name = ''] = match ?? [];
    const changes = /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/.test(section);
    if (match && changes && !section.startsWith('.data.rel.ro')) {
      found.push({ file, name: name.replace(/\.\d+$/, ''), section });
    }
  }
  return found;
}
