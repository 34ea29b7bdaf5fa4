import { describe, expect, it } from 'vitest';
import { GuestClock, hookImports, InstructionCounter } from '../../ts/guest/deterministic.ts';

describe('InstructionCounter', () => {
  it('when the 32-bit counter wraps, then the total goes on', () => {
    const values = [0, 4_000_000_000, 100, 100, 4_294_967_295, 0];
    const counter = new InstructionCounter(() => values.shift() ?? 0);
    const totals = Array.from({ length: 6 }, () => counter.total());
    expect(totals).toEqual([
      0, 4_000_000_000, 4_294_967_396, 4_294_967_396, 8_589_934_591, 8_589_934_592,
    ]);
  });
});

describe('GuestClock', () => {
  it('when instructions pass and the processor sleeps, then both count as time', () => {
    let executed = 0;
    const clock = new GuestClock(new InstructionCounter(() => executed), 500);
    expect(clock.now()).toBe(0);
    executed = 1_000_000;
    expect(clock.now()).toBe(2);
    clock.sleep(8);
    expect(clock.now()).toBeCloseTo(10, 1);
    expect(clock.now()).toBeGreaterThan(10);
    const before = clock.now();
    clock.sleep(-5);
    expect(clock.now()).toBeGreaterThan(before);
  });
});

describe('hookImports', () => {
  function hooked(halted: boolean) {
    const clock = new GuestClock(new InstructionCounter(() => 0), 500);
    const env: WebAssembly.ModuleImports = { run_hardware_timers: () => 7 };
    hookImports(env, { clock, halted: () => halted });
    return { clock, env: env as Record<string, (...args: number[]) => number> };
  }

  it('when the processor runs, then the next timer stays where it is', () => {
    const { clock, env } = hooked(false);
    expect(env.run_hardware_timers?.(0, 0)).toBe(7);
    expect(clock.now()).toBe(0);
  });

  it('when the processor is halted, then the clock moves to the timer without waiting', () => {
    const { clock, env } = hooked(true);
    expect(env.run_hardware_timers?.(0, 0)).toBe(0);
    expect(clock.now()).toBeGreaterThan(7);
  });

  it('when random numbers are asked for, then two machines get the same ones', () => {
    const draw = () => {
      const { env } = hooked(false);
      return Array.from({ length: 5 }, () => env.get_rand_int?.());
    };
    expect(draw()).toEqual(draw());
    expect(new Set(draw()).size).toBe(5);
  });
});
