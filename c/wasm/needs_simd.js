// Stands at the beginning of the wasm-simd program: refuses an engine without 128-bit SIMD in one
// line, before the engine refuses the program in many.

// A module with one function, which spreads 0 over 16 bytes and counts their bits.
const withSimd = [
  ...[0, 97, 115, 109, 1, 0, 0, 0], // \0asm, version 1
  ...[1, 5, 1, 96, 0, 1, 123], // types: () -> v128
  ...[3, 2, 1, 0], // functions: one of that type
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11], // i32.const 0, i8x16.splat, i8x16.popcnt
];

if (!WebAssembly.validate(new Uint8Array(withSimd))) {
  process.stderr.write(
    'legacy_llm: this build needs WebAssembly SIMD, which this engine or processor does not have; ' +
      'use the wasm build, which gives the same bits\n',
  );
  process.exit(3);
}
