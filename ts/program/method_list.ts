// The training methods that the program offers: what `methods --json` prints, one object a line.
import { UserError } from '../support/errors.ts';
import { parseObject } from '../support/json.ts';

// A way to round weights (scheme) or to train them (optimizer).
export interface Method {
  kind: 'scheme' | 'optimizer';
  name: string;
  formula: string;
  source: string;
  /** Bits of a weight as it is stored; schemes only. */
  packedBits: string;
}

// The first of each kind is the program's default.
export interface Methods {
  schemes: readonly [Method, ...Method[]];
  optimizers: readonly [Method, ...Method[]];
}

// The methods in that output; throws when a kind is missing.
export function parseMethods(output: string): Methods {
  const methods = output.split('\n').flatMap((line) => parseMethod(line) ?? []);
  const [scheme, ...schemes] = methods.filter(({ kind }) => kind === 'scheme');
  const [optimizer, ...optimizers] = methods.filter(({ kind }) => kind === 'optimizer');
  if (scheme && optimizer) {
    return { schemes: [scheme, ...schemes], optimizers: [optimizer, ...optimizers] };
  }
  const missing = scheme ? 'optimizer' : 'scheme';
  throw new UserError(`the program lists no ${missing}`, { hint: 'See: legacy_llm methods' });
}

function parseMethod(line: string): Method | undefined {
  const { kind, name, formula, source, packed_bits } = parseObject(line) ?? {};
  if (kind !== 'scheme' && kind !== 'optimizer') return undefined;
  if (typeof name !== 'string') return undefined;
  const packedBits = String(packed_bits ?? '');
  return { kind, name, formula: String(formula ?? ''), source: String(source ?? ''), packedBits };
}
