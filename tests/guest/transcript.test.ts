import { describe, expect, it, vi } from 'vitest';
import type { FrameKind } from '../../ts/guest/channel.ts';
import { Transcript, type TranscriptOptions } from '../../ts/guest/transcript.ts';

function transcriptOf(
  commands: number,
  frames: [FrameKind, number, string | Buffer, number?][],
  options: Partial<TranscriptOptions> = {},
): Transcript {
  const transcript = new Transcript(commands, { outputs: ['/a', '/b'], ...options });
  for (const [kind, index, text, instructions = 0] of frames) {
    transcript.receive({ kind, index, bytes: Buffer.from(text), instructions });
  }
  return transcript;
}

describe('Transcript', () => {
  it('when two commands run, then each has its own output, status and instructions', () => {
    const { runs, done, totalInstructions } = transcriptOf(2, [
      ['start', 0, '', 100],
      ['out', 0, 'one\n'],
      ['err', 0, 'oops'],
      ['exit', 0, '0 0 640', 350],
      ['start', 1, '', 400],
      ['exit', 1, '-1 9 1280', 1000],
      ['done', 0, '', 1001],
    ]);
    expect(runs).toEqual([
      {
        exitCode: 0,
        signal: null,
        maxRssKb: 640,
        instructions: 250,
        stdout: 'one\n',
        stderr: 'oops',
      },
      { exitCode: null, signal: 9, maxRssKb: 1280, instructions: 600, stdout: '', stderr: '' },
    ]);
    expect(done).toBe(true);
    expect(totalInstructions).toBe(1001);
  });

  it('when text comes in pieces, then lines and split characters come whole', () => {
    const onStdout = vi.fn();
    const euro = Buffer.from('€');
    const { runs } = transcriptOf(
      1,
      [
        ['start', 0, ''],
        ['out', 0, 'a'],
        ['out', 0, 'b\nc\nd'],
        ['out', 0, euro.subarray(0, 1)],
        ['out', 0, euro.subarray(1)],
        ['exit', 0, '0 0 1'],
      ],
      { onStdout },
    );
    expect(onStdout.mock.calls.flat()).toEqual(['ab', 'c', 'd€']);
    expect(runs[0]?.stdout).toBe('ab\nc\nd€');
  });

  it('when a file comes out, then it is put together; a lost one is named with its reason', () => {
    const { outputs, missing } = transcriptOf(0, [
      ['file', 0, 'ab'],
      ['file', 0, 'c'],
      ['sent', 0, '3'],
      ['lost', 1, 'No such file or directory'],
    ]);
    expect(outputs).toEqual(new Map([['/a', new TextEncoder().encode('abc')]]));
    expect(missing).toEqual(new Map([['/b', 'No such file or directory']]));
  });

  it('when pieces of a file are missing, then it fails', () => {
    const frames: [FrameKind, number, string][] = [
      ['file', 0, 'ab'],
      ['sent', 0, '3'],
    ];
    expect(() => transcriptOf(0, frames)).toThrow('/a: 2 of 3 bytes came out');
  });

  it('when frames come out of turn, then it fails', () => {
    expect(() => transcriptOf(1, [['out', 0, 'x']])).toThrow('out of turn');
    expect(() => transcriptOf(1, [['start', 1, '']])).toThrow('out of turn');
    expect(() => transcriptOf(1, [['done', 0, '']])).toThrow('a command was not run');
    expect(() => transcriptOf(0, [['sent', 2, '0']])).toThrow('was not asked for');
  });

  it('when the facts are refused, then no command starts', () => {
    const transcript = transcriptOf(1, [
      ['cpuinfo', 0, 'model '],
      ['cpuinfo', 0, 'name'],
    ]);
    transcript.onFacts = (cpuinfo) => {
      throw new Error(`refused: ${cpuinfo}`);
    };
    const start = { kind: 'start', index: 0, bytes: Buffer.alloc(0), instructions: 0 } as const;
    expect(() => transcript.receive(start)).toThrow('refused: model name');
    expect(transcript.runs).toEqual([]);
  });
});
