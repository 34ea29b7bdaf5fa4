import { describe, expect, test } from 'vitest';
import { examine, report } from '../../scripts/doctor.mjs';

const there = { name: 'gcc', purpose: 'compiles', found: '12.2', optional: false, howToGet: 'g' };
const missing = { ...there, name: 'emcc', found: undefined, howToGet: 'by e', debian: ['e'] };

describe('the report', () => {
  test('all found: says so and is healthy', () => {
    const { text, healthy } = report([there]);
    expect(healthy).toBe(true);
    expect(text).toMatch(/ok +gcc +compiles: 12.2[\s\S]*Nothing is missing/);
  });

  test('one missing: is not healthy, names it and how to get it', () => {
    const { text, healthy } = report([there, missing]);
    expect(healthy).toBe(false);
    expect(text).toMatch(
      /MISSING +emcc[\s\S]*by e[\s\S]*Missing: emcc\.[\s\S]*apt-get install .* e$/,
    );
  });

  test('an optional one that is absent does not count', () => {
    expect(report([there, { ...missing, optional: true }]).healthy).toBe(true);
  });
});

test('this machine: Node, the npm packages and every row are looked at', () => {
  const findings = examine();
  expect(findings.find((finding) => finding.name === 'Node')?.found).toBe(process.version);
  expect(findings.find((finding) => finding.name === 'npm packages')?.found).toBeDefined();
  expect(findings.map((finding) => finding.name)).toContain('Linux 6.1 source');
});
