// What the files of the core use: what they include, and what they call.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Uses } from './layers.ts';

// Where an #include "name" is looked for, from the root of the repository.
const INCLUDE_PATHS = ['c/include', 'c/src', 'c'];

interface Source {
  file: string;
  text: string;
}

// Each .c and .h file under c/, and the headers that it includes.
export function readIncludes(root: string): Uses {
  const sources = readSources(root);
  const files = new Set(sources.map(({ file }) => file));
  const resolve = (name: string) =>
    INCLUDE_PATHS.map((folder) => `${folder}/${name}`).find((file) => files.has(file)) ?? name;
  return new Map(
    sources.map(({ file, text }) => [
      file,
      [...text.matchAll(/^#include "([^"]+)"/gm)].map(([, name = '']) => resolve(name)),
    ]),
  );
}

// Each module (a .c file with its header) and the modules that it includes or calls.
export function readModules(root: string): Uses {
  const sources = readSources(root);
  const definitions = definedIn(sources);
  const uses = new Map<string, Set<string>>();
  const add = (from: string, to: string) => {
    const used = uses.get(from) ?? new Set();
    uses.set(from, used);
    if (from !== to) used.add(to);
  };
  for (const [file, headers] of readIncludes(root)) {
    for (const header of headers) add(moduleOf(file), moduleOf(header));
  }
  for (const { file, text } of sources) {
    for (const called of callsIn(text)) {
      const definer = definitions.get(called);
      if (definer) add(moduleOf(file), moduleOf(definer));
    }
  }
  return new Map([...uses].map(([module, used]) => [module, [...used]]));
}

function readSources(root: string): Source[] {
  const names = readdirSync(path.join(root, 'c'), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.[ch]$/.test(name))
    .sort()
    .map((name) => ({
      file: `c/${name}`,
      text: withoutComments(readFileSync(path.join(root, 'c', name), 'utf8')),
    }));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"/g, (found) =>
    found.startsWith('/*') ? ' ' : found,
  );
}

// The file of each function that others can call: a definition begins a line and is not static.
function definedIn(sources: readonly Source[]): Map<string, string> {
  const definitions = new Map<string, string>();
  for (const { file, text } of sources.filter(({ file }) => file.endsWith('.c'))) {
    const found = text.matchAll(/^(?!static)[A-Za-z_][\w *]*?\b(\w+)\([^;{}]*\)\s*\{/gm);
    for (const [, name = ''] of found) definitions.set(name, file);
  }
  return definitions;
}

function callsIn(text: string): Set<string> {
  return new Set([...text.matchAll(/\b(\w+)\(/g)].map(([, name = '']) => name));
}

function moduleOf(file: string): string {
  return file.replace(/\.[ch]$/, '');
}
