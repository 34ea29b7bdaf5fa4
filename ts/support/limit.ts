// A limit on how many things run at once: compilers share the cores of one machine.

// Runs the work that it is given when there is a place for it.
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

// A function that runs what it is given, at most `places` at a time, in the order of the calls.
export function createLimit(places: number): Limit {
  const waiting: (() => void)[] = [];
  let free = places;
  const enter = (): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  return async (work) => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
