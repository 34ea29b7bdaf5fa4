// The table of all commands: the rows of scripts/commands.mjs, each with what loads the function that adds
// it to the program: what a command needs, no other waits for.
import type { Command } from 'commander';
import { commands } from '../../scripts/commands.mjs';

// Adds one command, with its options, to the program.
export type Register = (program: Command) => void;

const loadOf: Readonly<Record<(typeof commands)[number]['name'], () => Promise<Register>>> = {
  build: async () => (await import('./build.ts')).registerBuild,
  'emu-train': async () => (await import('./emu_train.ts')).registerEmuTrain,
  'emu-strict': async () => (await import('./emu_strict.ts')).registerEmuStrict,
  'emu-shell': async () => (await import('./emu_shell.ts')).registerEmuShell,
  'emu-put': async () => (await import('./emu_put.ts')).registerEmuPut,
  'emu-get': async () => (await import('./emu_get.ts')).registerEmuGet,
  parity: async () => (await import('./parity.ts')).registerParity,
  experiments: async () => (await import('./experiments.ts')).registerExperiments,
  tune: async () => (await import('./tune.ts')).registerTune,
  plot: async () => (await import('./plot.ts')).registerPlot,
  report: async () => (await import('./report.ts')).registerReport,
  count: async () => (await import('./count.ts')).registerCount,
  images: async () => (await import('./images.ts')).registerImages,
  release: async () => (await import('./release.ts')).registerRelease,
  bundled: async () => (await import('./bundled.ts')).registerBundled,
  stories: async () => (await import('./stories.ts')).registerStories,
  serve: async () => (await import('./serve.ts')).registerServe,
  web: async () => (await import('./web.ts')).registerWeb,
  'web-build': async () => (await import('./web.ts')).registerWebBuild,
  ethernet: async () => (await import('./ethernet.ts')).registerEthernet,
  kill: async () => (await import('./kill.ts')).registerKill,
  faults: async () => (await import('./faults.ts')).registerFaults,
  'power-cuts': async () => (await import('./power_cuts.ts')).registerPowerCuts,
  fuzz: async () => (await import('./fuzz.ts')).registerFuzz,
  'big-text': async () => (await import('./big_text.ts')).registerBigText,
  'test-busy': async () => (await import('./test_busy.ts')).registerTestBusy,
  numbers: async () => (await import('./numbers.ts')).registerNumbers,
  doctor: async () => (await import('./doctor.ts')).registerDoctor,
  clean: async () => (await import('./clean.ts')).registerClean,
};

// In the order in which --help lists them.
export const commandTable = commands.map((row) => ({ ...row, load: loadOf[row.name] }));
