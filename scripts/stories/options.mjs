// The options of the story commands: what they accept, and one clear line for what they do not.
import { parseArgs } from 'node:util';
import { UserError } from '../failures.mjs';

// A mistake of the person who typed the command: one line, exit code 2.
export class UsageError extends UserError {
  /** @param {string} message */
  constructor(message) {
    super(message, { exitCode: 2 });
  }
}

const sizeUnits = { '': 1, B: 1, KB: 1024, MB: 1024 * 1024, GB: 1024 * 1024 * 1024 };

// "20MB" -> bytes; 1 KB is 1,024 bytes.
/** @param {string} text @returns {number} */
export function parseSize(text) {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG]?B?)$/i.exec(text.trim());
  const unit = match?.[2]?.toUpperCase() ?? '';
  const factor = sizeUnits[/** @type {keyof typeof sizeUnits} */ (fullUnit(unit))];
  const bytes = match ? Math.round(Number(match[1]) * factor) : 0;
  if (bytes < 1 || !Number.isSafeInteger(bytes)) {
    throw new UsageError(`--size "${text}" is not a size; give one like 400KB or 20MB`);
  }
  return bytes;
}

/** @param {string} unit */
function fullUnit(unit) {
  return /^[KMG]$/.test(unit) ? `${unit}B` : unit;
}

// A seed: a whole number of 0 .. 4294967295.
/** @param {string} text @returns {number} */
export function parseSeed(text) {
  return parseWhole('--seed', text, 0, 2 ** 32 - 1);
}

// A whole number from least to most.
/** @param {string} option @param {string} text @param {number} least @param {number} most */
export function parseWhole(option, text, least, most) {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${option} "${text}" is not a whole number of ${least} to ${most}`);
}

// Values of the given options ("string" ones need a value, "boolean" ones have none).
/**
 * @param {string[]} args
 * @param {Record<string, 'string' | 'boolean'>} spec
 * @returns {Record<string, string | boolean | undefined>}
 */
export function readOptions(args, spec) {
  const options = Object.fromEntries(Object.entries(spec).map(([name, type]) => [name, { type }]));
  const { tokens } = parseArgs({ args, options, strict: false, tokens: true });
  /** @type {Record<string, string | boolean>} */
  const values = {};
  for (const token of tokens) {
    if (token.kind !== 'option') {
      throw new UsageError(`unexpected argument "${args[token.index]}"; see --help`);
    }
    values[token.name] = readOption(token, spec[token.name]);
  }
  return values;
}

/**
 * @param {{ rawName: string, value?: string | undefined }} token
 * @param {'string' | 'boolean' | undefined} type
 * @returns {string | boolean}
 */
function readOption({ rawName, value }, type) {
  if (type === undefined) throw new UsageError(`unknown option ${rawName}; see --help`);
  if (type === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value; see --help`);
    return true;
  }
  if (!value || value.startsWith('--')) {
    throw new UsageError(`${rawName} needs a value; see --help`);
  }
  return value;
}
