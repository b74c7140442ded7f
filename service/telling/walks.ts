/** Subscriptions that look at everybody at a time in one process. */
const MOST = 4;

/** Milliseconds after which a subscription that waits for its turn asks again by itself: whoever was to wake it may have died. */
export const ASKS_AGAIN = 15_000;

export type Walks<One> = ReturnType<typeof createWalks<One>>;

/**
 * Who looks at everybody at present, of the subscriptions of one process, as a worker or a gateway names them: a few, as each takes what the events of
 * all others need. The others hold nothing while they wait, and are in no order that matters.
 */
export function createWalks<One>(most = MOST) {
  const underWay = new Set<One>();
  const waiting = new Set<One>();

  /** The one that is to be woken for a place, where there is one. */
  function next(): One | undefined {
    const [one] = underWay.size < most ? waiting : [];
    if (one !== undefined) waiting.delete(one);
    return one;
  }

  return {
    /** Whether that subscription may begin; one that may not is in line, and `end` says when to ask again. */
    begin(id: One): boolean {
      if (underWay.size >= most) {
        waiting.add(id);
        return false;
      }
      waiting.delete(id);
      underWay.add(id);
      return true;
    },

    /** It has looked, or is over. The one that is to be woken for the place. */
    end(id: One): One | undefined {
      underWay.delete(id);
      return next();
    },

    /** It waits for no place any more. The one that is to be woken, as it may have been woken for one itself. */
    leave(id: One): One | undefined {
      waiting.delete(id);
      return next();
    },
  };
}
