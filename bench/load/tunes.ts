/** What both sides publish: the same fields, each time with another title. */
export type TestTune = { kind: 'audio'; title: string; artist: string; source: string; length: number };

export type Arrivals = ReturnType<typeof createArrivals>;

let counter = 0;

/** A tune that no friend has seen yet. It outlasts the run, so that none ends by itself meanwhile. */
export function newTune(): TestTune {
  counter += 1;
  return { kind: 'audio', title: `Title ${counter}`, artist: 'The Measured', source: 'Benchmarks', length: 3_600 };
}

/** Who waits for which title to reach a friend. */
export function createArrivals() {
  const waiting = new Map<string, (at: number) => void>();
  let count = 0;
  return {
    /** When the title arrives, on the clock of `performance.now()`. Register before sending. */
    of: (title: string): Promise<number> => new Promise((resolve) => waiting.set(title, resolve)),
    note(title: string): void {
      const resolve = waiting.get(title);
      if (!resolve) return;
      count += 1;
      waiting.delete(title);
      resolve(performance.now());
    },
    /** How many awaited titles have arrived so far. */
    count: () => count,
  };
}
