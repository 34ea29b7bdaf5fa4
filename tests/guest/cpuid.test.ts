import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CpuName, cpus, patchCpuid } from '../../ts/guest/cpuid.ts';
import { v86WasmPath } from '../../ts/guest/v86.ts';
import { signedLeb128 } from '../../ts/guest/wasm_constants.ts';

let original: Buffer;

beforeAll(() => {
  original = readFileSync(v86WasmPath());
});

describe('patchCpuid', () => {
  it.each(Object.keys(cpus) as CpuName[])('when given %s, then every constant changes', (name) => {
    const cpu = cpus[name];
    const patched = Buffer.from(patchCpuid(original, cpu));
    expect(patched.length).toBe(original.length);
    for (const { from } of cpu.rewrites) {
      expect(patched.indexOf(Buffer.from([0x41, ...signedLeb128(from)]))).toBe(-1);
    }
    const changed = patched.reduce((sum, byte, at) => sum + (byte === original[at] ? 0 : 1), 0);
    expect(changed).toBeGreaterThanOrEqual(cpu.rewrites.length);
    expect(changed).toBeLessThanOrEqual(cpu.rewrites.length * 5);
    expect(() => new WebAssembly.Module(patched)).not.toThrow();
  });

  it('when patched already, then it fails and names the constant', () => {
    const once = patchCpuid(original, cpus['pentium3-coppermine']);
    expect(() => patchCpuid(once, cpus['pentium3-coppermine'])).toThrow(
      /0x673 \(signature\) not at all, not once/,
    );
  });

  it('when a constant is there twice, then it fails', () => {
    const twice = Buffer.concat([original, Buffer.from([0x41, ...signedLeb128(0x673)])]);
    expect(() => patchCpuid(twice, cpus['pentium3-coppermine'])).toThrow('more than once');
  });

  it('when it is a Pentium III, then SSE stays and SSE2 goes; a Pentium II has neither', () => {
    const edx = (name: CpuName) =>
      cpus[name].rewrites.find(({ what }) => what === 'features (EDX)')?.to ?? 0;
    const bits = (value: number) => [25, 26].map((bit) => (value >>> bit) & 1);
    expect(bits(edx('pentium3-coppermine'))).toEqual([1, 0]);
    expect(bits(edx('pentium2-deschutes'))).toEqual([0, 0]);
  });
});
