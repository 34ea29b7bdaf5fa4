// A program of our own with the commands that a comparison calls. It learns nothing, is the same
// each time, notes its calls, and does as files beside it say: `fail` and `hold` hold the name of a
// run (scheme-optimizer), `stop` holds a step.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Program } from '../../ts/build/program.ts';
import { sha256 } from '../../ts/support/hash.ts';

const SCRIPT = `#!${process.execPath}
const fs = require('node:fs');
const path = require('node:path');
const [command, ...words] = process.argv.slice(2);
const options = {};
words.forEach((word, at) => { if (word.startsWith('--')) options[word.slice(2)] = words[at + 1]; });
const say = (object) => fs.writeSync(1, JSON.stringify(object) + '\\n');
const beside = (name) => path.join(path.dirname(process.argv[1]), name);
const order = (name) => fs.existsSync(beside(name)) && fs.readFileSync(beside(name), 'utf8');
fs.appendFileSync(beside('calls'), JSON.stringify([command, ...words]) + '\\n');

function refuse(words, code) {
  fs.writeSync(2, 'legacy_llm: ' + words + '\\n');
  process.exit(code);
}

function methods() {
  const scheme = (name) => ({ kind: 'scheme', name, formula: '|w| > ' + name, bits: '1.58',
    packed_bits: '1.6', source: name + ', 2024' });
  const optimizer = (name) => ({ kind: 'optimizer', name, formula: 'by ' + name, bytes: '2',
    source: name + ', 2023' });
  [scheme('absmean'), scheme('row'), optimizer('muon'), optimizer('lion')].forEach(say);
}

function plan() {
  const activation = options.recompute === 'block' ? 100 : 200;
  const items = [{ name: 'gradients', bytes: 48 }, { name: 'weights', bytes: 10 }];
  say({ event: 'plan', items, arena_bytes: 5000, process_bytes: 1, total_bytes: 5001,
    ram_bytes: 9000, ternary_weights: 100, float_parameters: 7,
    weight_state_bytes: options.optimizer === 'lion' ? 150 : 200, activation_bytes: activation });
}

function load(file) {
  const text = fs.readFileSync(file, 'utf8');
  if (!text.startsWith('{')) refuse(file + ': no checkpoint', 1);
  return JSON.parse(text);
}

function train() {
  const { scheme, optimizer, seed, steps } = options;
  const model = options.resume ? load(options.resume) : { scheme, optimizer, seed, steps, step: 0 };
  const name = model.scheme + '-' + model.optimizer;
  plan();
  if (order('fail') === name) refuse('disk full', 1);
  const held = order('hold') === name;
  if (held) ['SIGINT', 'SIGTERM'].forEach((each) => process.on(each, () => refuse('stopped', 130)));
  const stop = order('stop') || model.steps;
  const log = [];
  const first = model.step;
  while (model.step < Math.min(stop, model.steps)) {
    const step = ++model.step;
    const loss = (4 - step / model.steps).toFixed(4);
    log.push(JSON.stringify({ step, loss, sum: 1, tokens: 8 }) + '\\n');
    const seconds = (step - first) / (options.recompute === 'block' ? 5 : 10);
    const tokens = (step - first) * 8;
    say({ event: 'step', step, steps: Number(model.steps), loss, tokens, seconds });
  }
  fs.writeFileSync(options.out, JSON.stringify(model));
  fs.writeFileSync(options.log, log.join(''));
  if (held) return void setInterval(() => {}, 1000);
  if (model.step < model.steps) refuse('stopped', 130);
  say({ event: 'end', steps: 1, tokens: 1, loss_first: '4', loss_last: '3', peak_bytes: 777,
    plan_bytes: 5000, checkpoint: options.out, sections_crc: '0' });
}

function judge() {
  const { scheme, optimizer, seed } = load(options.model);
  const loss = (scheme === 'row' ? 1.75 : 1.5) + (optimizer === 'lion' ? 0.1 : 0) + seed / 1000;
  say({ event: 'eval', loss: (loss - 0.5).toFixed(4), transformer: loss.toFixed(4), tokens: 40, unigram: '3.0591', bigram: '2.3221',
    counts: '1.3' });
}

if (command === 'methods') methods();
else if (command === 'plan' && options.dim % options.heads) refuse('impossible shape', 2);
else if (command === 'plan') plan();
else if (command === 'train') train();
else if (command === 'eval') judge();
else refuse('unknown command ' + command, 2);
`;

// Writes the program into a folder.
export function writeFakeProgram(folder: string): Program {
  const file = path.join(folder, 'fake_llm');
  writeFileSync(file, SCRIPT, { mode: 0o755 });
  return { command: [file], target: 'fake', compiler: 'fakecc 1.0', sha256: sha256(SCRIPT) };
}

// What it was called with so far, of one command.
export function callsOf(folder: string, command: string): string[][] {
  const lines = readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as string[]).filter(([name]) => name === command);
}
