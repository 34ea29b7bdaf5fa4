// The table of all commands: the rows of scripts/commands.mjs, each with what adds it to the program.
import type { Command } from 'commander';
import { commands } from '../../scripts/commands.mjs';
import { registerBigText } from './big_text.ts';
import { registerBuild } from './build.ts';
import { registerBundled } from './bundled.ts';
import { registerClean } from './clean.ts';
import { registerCount } from './count.ts';
import { registerDoctor } from './doctor.ts';
import { registerEmuGet } from './emu_get.ts';
import { registerEmuPut } from './emu_put.ts';
import { registerEmuShell } from './emu_shell.ts';
import { registerEmuStrict } from './emu_strict.ts';
import { registerEmuTrain } from './emu_train.ts';
import { registerExperiments } from './experiments.ts';
import { registerFaults } from './faults.ts';
import { registerFuzz } from './fuzz.ts';
import { registerImages } from './images.ts';
import { registerKill } from './kill.ts';
import { registerNumbers } from './numbers.ts';
import { registerParity } from './parity.ts';
import { registerPlot } from './plot.ts';
import { registerPowerCuts } from './power_cuts.ts';
import { registerRelease } from './release.ts';
import { registerReport } from './report.ts';
import { registerServe } from './serve.ts';
import { registerStories } from './stories.ts';
import { registerTestBusy } from './test_busy.ts';
import { registerTune } from './tune.ts';
import { registerWeb, registerWebBuild } from './web.ts';

type Register = (program: Command) => void;

const registerOf: Readonly<Record<(typeof commands)[number]['name'], Register>> = {
  build: registerBuild,
  'emu-train': registerEmuTrain,
  'emu-strict': registerEmuStrict,
  'emu-shell': registerEmuShell,
  'emu-put': registerEmuPut,
  'emu-get': registerEmuGet,
  parity: registerParity,
  experiments: registerExperiments,
  tune: registerTune,
  plot: registerPlot,
  report: registerReport,
  count: registerCount,
  images: registerImages,
  release: registerRelease,
  bundled: registerBundled,
  stories: registerStories,
  serve: registerServe,
  web: registerWeb,
  'web-build': registerWebBuild,
  kill: registerKill,
  faults: registerFaults,
  'power-cuts': registerPowerCuts,
  fuzz: registerFuzz,
  'big-text': registerBigText,
  'test-busy': registerTestBusy,
  numbers: registerNumbers,
  doctor: registerDoctor,
  clean: registerClean,
};

// In the order in which --help lists them.
export const commandTable = commands.map((row) => ({ ...row, register: registerOf[row.name] }));
