// Memory as people read it beside what Linux prints: kB of 1024 bytes.

// A number of bytes in kB, rounded up.
export function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024).toLocaleString('en')} kB`;
}

export interface GuestMemory {
  memTotalKb: number;
  memAvailableKb: number;
}

// What the laptop had for programs before the first one started.
export function freeMemory({ memAvailableKb, memTotalKb }: GuestMemory): string {
  return `${kilobytes(memAvailableKb * 1024)} of ${kilobytes(memTotalKb * 1024)} were free`;
}
