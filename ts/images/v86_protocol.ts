// Messages between the driver and the child process that is a computer in v86.

// Driver to child, once: the computer to switch on. Paths of files.
export interface V86Start {
  type: 'start';
  ramMb: number;
  image: string;
  drive: 'floppy' | 'cd';
  bios: string;
  vgaBios: string;
}

// Driver to child.
export type V86Message = V86Start | { type: 'keys'; keys: string };

// Child to driver.
export type V86Reply = { type: 'text'; text: string } | { type: 'ended'; why: string };
