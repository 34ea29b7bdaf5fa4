// Memory as people read it beside what Linux prints: kB of 1024 bytes.

// A number of bytes in kB, rounded up.
export function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024).toLocaleString('en')} kB`;
}
