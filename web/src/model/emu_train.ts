// The training of `npm run emu:train`, as the library calls it.
export const EMU_TRAIN = { preset: 'tiny', steps: 200, seed: 1, counts: 8 * 1024 * 1024 } as const;
