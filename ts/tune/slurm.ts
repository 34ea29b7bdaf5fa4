// A sweep as an array of Slurm jobs: each task works on the same folder, which all nodes must see.
import { quoted } from '../support/shell.ts';

// What the script needs to know.
export interface SlurmArray {
  name: string;
  /** Folder of the project, where the command is. */
  root: string;
  sweep: string;
  out: string;
  tasks: number;
  /** Bytes of memory of a trial. */
  ram: number;
  /** Whether cycles are modelled. */
  cycles: boolean;
}

// Node and the driver beside a trial.
const DRIVER_MB = 512;
const MEGABYTE = 2 ** 20;

const BEGINNING = '#!/bin/bash';

// Whether a script that begins so is one of these.
export function isOurScript(head: string): boolean {
  return head.startsWith(`${BEGINNING}\n#SBATCH --job-name=`);
}

// The script that sbatch takes.
export function sbatchText({ name, root, sweep, out, tasks, ram, cycles }: SlurmArray): string {
  const memory = DRIVER_MB + Math.ceil(ram / MEGABYTE);
  const words = ['npx', 'legacy-llm', 'tune', sweep, '--out', out, '--jobs', '1'];
  const command = cycles ? [...words, '--cycles'] : words;
  return [
    ...[BEGINNING, `#SBATCH --job-name=${name.replace(/[^\w.-]+/g, '-')}`],
    `#SBATCH --array=0-${tasks - 1}`,
    '#SBATCH --ntasks=1',
    '#SBATCH --cpus-per-task=1',
    `#SBATCH --mem=${memory}M`,
    `#SBATCH --output=${out}/slurm-%A-%a.log`,
    '# A task that Slurm ends early leaves its trial to the others, who go on from its checkpoint.',
    '#SBATCH --signal=TERM@60',
    'set -euo pipefail',
    `cd ${quoted(root)}`,
    `exec ${command.map(quoted).join(' ')}\n`,
  ].join('\n');
}
