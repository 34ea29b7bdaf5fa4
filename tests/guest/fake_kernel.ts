// What a loader takes for a Linux kernel: a bzImage with one setup sector, the header fields that a
// loader reads, then 300 bytes of code.
export const MB = 1024 * 1024;

// Boot protocol 2.15 unless another is asked for.
export function fakeKernel(version = 0x020f): Buffer {
  const kernel = Buffer.alloc(1024 + 300, 0);
  kernel.writeUInt8(1, 0x1f1);
  kernel.writeUInt16LE(0xaa55, 0x1fe);
  kernel.writeUInt8(0x6a, 0x201);
  kernel.write('HdrS', 0x202);
  kernel.writeUInt16LE(version, 0x206);
  kernel.writeUInt8(0x21, 0x211);
  kernel.writeUInt32LE(2 * MB + 5, 0x260);
  kernel.fill(0xc3, 1024);
  return kernel;
}
