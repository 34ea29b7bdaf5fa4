// Lets llama.cpp read a GGUF file: `node judge.mjs PACKAGES FILE.gguf TEXT POSITIONS.json OUT.json`,
// where PACKAGES is the folder of node-llama-cpp and POSITIONS.json what positions.c printed. Writes
// its own tokens of the text, the likeliest token after each place, and what the next ones cost.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [packages = '', file = '', text = '', positions = '', out = ''] = process.argv.slice(2);
const resolve = createRequire(path.join(packages, 'package.json')).resolve;
const { getLlama } = await import(pathToFileURL(resolve('node-llama-cpp')).href);

// One thread, as these wait for each other by turning round.
const llama = await getLlama({
  gpu: false,
  build: 'never',
  skipDownload: true,
  maxThreads: 1,
  logLevel: 'error',
});
const model = await llama.loadModel({ modelPath: file });
const { from, context, tokens, best } = JSON.parse(readFileSync(positions, 'utf8'));
const sequence = (await model.createContext({ contextSize: 256 })).getSequence();

const found = [];
let loss = 0;
for (let at = from; at < from + best.length; at += context) {
  await sequence.clearHistory();
  const window = tokens.slice(at, at + context);
  const all = { temperature: 1, topK: 0, topP: 1, minP: 0 };
  const ask = { generateNext: { probabilities: true, options: all } };
  const asked = window.map((/** @type {number} */ token) => [token, ask]);
  const answers = await sequence.controlledEvaluate(asked);
  for (const [i, { next }] of answers.entries()) {
    const [likeliest] = [...next.probabilities].reduce((a, b) => (b[1] > a[1] ? b : a));
    found.push(likeliest);
    loss -= Math.log(next.probabilities.get(tokens[at + i + 1]));
  }
}
const ids = model.tokenize(readFileSync(text, 'utf8'), false);
writeFileSync(out, JSON.stringify({ ids, best: found, loss: loss / found.length }));
process.exit(0); // its threads would go on
