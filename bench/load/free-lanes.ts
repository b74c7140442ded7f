/** A way in for tunes, and how many went over it. */
type Lane = { lane: number; turn: number };

/** Lanes on which nothing is on its way. */
export type FreeLanes = {
  /** The one that has been free for longest; undefined where there is none. */
  now(): Lane | undefined;
  /** The next that is given back; who asked first has it first. */
  next(): Promise<Lane>;
  giveBack(lane: Lane): void;
};

/** All are free. */
export function createFreeLanes(count: number): FreeLanes {
  const free = Array.from({ length: count }, (_, lane) => ({ lane, turn: 0 }));
  const waiting: ((lane: Lane) => void)[] = [];
  return {
    now: () => free.shift(),
    next: () => new Promise((resolve) => waiting.push(resolve)),
    giveBack(lane) {
      const first = waiting.shift();
      if (first) first(lane);
      else free.push(lane);
    },
  };
}
