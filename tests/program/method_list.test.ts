import { describe, expect, it } from 'vitest';
import { parseMethods } from '../../ts/program/method_list.ts';

const scheme = '{"kind":"scheme","name":"a","formula":"f","packed_bits":"1.6","source":"s"}';
const optimizer = '{"kind":"optimizer","name":"b","formula":"g","source":"t"}';

describe('parseMethods', () => {
  it('when both kinds are there, then names and order are those of the output', () => {
    const second = scheme.replace('"a"', '"c"');
    const { schemes, optimizers } = parseMethods(`hello\n${second}\n${optimizer}\n${scheme}\n`);
    expect(schemes.map(({ name }) => name)).toEqual(['c', 'a']);
    expect(schemes[1]).toMatchObject({ formula: 'f', source: 's', packedBits: '1.6' });
    expect(optimizers).toEqual([
      { kind: 'optimizer', name: 'b', formula: 'g', source: 't', packedBits: '' },
    ]);
  });

  it.each([
    [scheme, 'optimizer'],
    [optimizer, 'scheme'],
    ['{"kind":"scheme"', 'scheme'],
  ])('when the output is only %s, then it says which kind is missing', (output, missing) => {
    expect(() => parseMethods(output)).toThrow(`the program lists no ${missing}`);
  });
});
