// What is typed at the serial line: nothing is lost before the laptop listens, nor while it does not.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SerialInput } from '../../ts/laptop/serial_input.ts';
import { escaped } from '../../ts/laptop/session.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function line() {
  const sent: Uint8Array[] = [];
  const told = { idle: 0, inputs: 0, halted: false };
  const input = new SerialInput({
    send: (bytes) => sent.push(bytes),
    isHalted: () => told.halted,
    onIdle: (inputs) => {
      told.idle++;
      told.inputs = inputs;
    },
  });
  return { input, told, text: () => Buffer.concat(sent).toString() };
}

test('bytes wait until the laptop has begun and is ready, and keep their order', () => {
  const { input, text } = line();
  const long = 'x'.repeat(1000);
  input.push(Buffer.from('first '));
  vi.advanceTimersByTime(1000);
  input.begin();
  vi.advanceTimersByTime(1000);
  expect(text()).toBe('');
  input.setReady(true);
  vi.advanceTimersByTime(2);
  expect(text()).toBe('first ');
  input.setReady(false);
  input.push(Buffer.from(long));
  vi.advanceTimersByTime(1000);
  expect(text()).toBe('first ');
  input.setReady(true);
  vi.advanceTimersByTime(1000);
  expect(text()).toBe(`first ${long}`);
});

test('idle is what has had nothing to do for a while', () => {
  const { input, told } = line();
  input.setReady(true);
  input.begin();
  vi.advanceTimersByTime(5000);
  expect(told.idle).toBe(0);
  told.halted = true;
  vi.advanceTimersByTime(900);
  expect(told.idle).toBe(0);
  vi.advanceTimersByTime(200);
  expect(told.idle).toBe(1);
});

test('idle tells of the inputs that were taken, and comes a while after the last one', () => {
  const { input, told } = line();
  input.setReady(true);
  input.begin();
  told.halted = true;
  vi.advanceTimersByTime(1000);
  expect(told).toMatchObject({ idle: 1, inputs: 0 });
  vi.advanceTimersByTime(980);
  for (const words of ['one', 'x'.repeat(300)]) input.push(Buffer.from(words));
  vi.advanceTimersByTime(900);
  expect(told.idle).toBe(1);
  vi.advanceTimersByTime(120);
  expect(told).toMatchObject({ idle: 2, inputs: 2 });
});

test('a byte with a meaning on the line is written twice', () => {
  expect([...escaped(Buffer.from([1, 0x10, 4, 0x10]))]).toEqual([1, 0x10, 0x10, 4, 0x10, 0x10]);
});
