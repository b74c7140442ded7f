/** Subscriptions that look at everybody at a time in one process. */
const MOST = 4;

/** Milliseconds after which a subscription that waits for its turn asks again by itself: whoever was to wake it may have died. */
export const ASKS_AGAIN = 15_000;

export type Walks = ReturnType<typeof createWalks>;

/**
 * Who looks at everybody at present, of the subscriptions of one process: a few, as each takes what the events of all others need. The others
 * hold nothing while they wait, and are in no order that matters.
 */
export function createWalks(most = MOST) {
  const underWay = new Set<string>();
  const waiting = new Set<string>();

  return {
    /** Whether that subscription may begin; one that may not is in line, and `end` says when to ask again. */
    begin(id: string): boolean {
      if (underWay.size >= most) {
        waiting.add(id);
        return false;
      }
      waiting.delete(id);
      underWay.add(id);
      return true;
    },

    /** It has looked, or is over. The one that is to be woken for the place. */
    end(id: string): string | undefined {
      underWay.delete(id);
      const [next] = waiting;
      if (next !== undefined) waiting.delete(next);
      return next;
    },
  };
}
