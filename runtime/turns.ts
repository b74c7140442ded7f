/**
 * Milliseconds that all long computations together may hold the event loop before everything else
 * has its turn: each has them for itself in its turn, or a short one would wait for all steps of long ones.
 */
const SLICE = 10;

// There is one event loop in a process, so this is not handed down.
const waiting: (() => void)[] = [];
let sliceBegan = 0;

/**
 * To be called between the small steps of a computation whose length somebody outside decides. Returns at once while there is time left in
 * this turn, else when the computation's own turn has come, one after the other.
 */
export async function takeTurns(): Promise<void> {
  if (isOver()) await nextTurn();
}

/** Does one small step for each of the items, in turns. */
export async function eachInTurns<T>(items: Iterable<T>, step: (item: T) => void): Promise<void> {
  for (const item of items) {
    if (isOver()) await nextTurn();
    step(item);
  }
}

function isOver(): boolean {
  return performance.now() - sliceBegan > SLICE;
}

function nextTurn(): Promise<void> {
  return new Promise((resume) => {
    waiting.push(resume);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

function giveTurn(): void {
  sliceBegan = performance.now();
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}
