/** Does a piece of work when there is a place for it. */
export type Places = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * So many pieces of work go on side by side; others wait for a place, and whoever has waited longest is the next. Work that takes
 * longer than `patience` milliseconds gives its place to another, and goes on.
 */
export function createPlaces(count: number, patience: number): Places {
  const waiting: (() => void)[] = [];
  let taken = 0;

  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else taken -= 1;
  }

  async function enter(): Promise<void> {
    if (taken < count) taken += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }

  return async (work) => {
    await enter();
    let left = false;
    const leaveOnce = () => {
      if (!left) leave();
      left = true;
    };
    const timer = setTimeout(leaveOnce, patience);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      leaveOnce();
    }
  };
}
