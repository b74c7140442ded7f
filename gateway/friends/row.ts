/** Runs at most so many things at a time; the others wait in a row, in the order in which they came. */
export function createRow(atOnce: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (run) => {
    if (running < atOnce) running += 1;
    else await new Promise<void>((resume) => waiting.push(resume));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      // Its place goes on to the next.
      if (next) next();
      else running -= 1;
    }
  };
}
