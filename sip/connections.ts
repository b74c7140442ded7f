import { type Connection, ConnectionLost } from './connection.ts';

/** Connections to one server at most, and requests that wait on each before there is another. */
const MOST = 8;
const CROWDED = 16;

/**
 * Connections to the presence server, as many as it needs: a server answers the requests of one in turn, so a slow one gets more
 * of them. `connect` makes one, and gives up when the signal says so.
 */
export function createConnections(connect: (signal: AbortSignal) => Promise<Connection>) {
  let open: Connection[] = [];
  let opening: Promise<Connection> | undefined;
  const stopping = new AbortController();
  const { signal } = stopping;

  function openAnother(): Promise<Connection> {
    opening ??= connect(signal)
      .then((made) => {
        open.push(made);
        return made;
      })
      .finally(() => {
        opening = undefined;
      });
    return opening;
  }

  function ready(): Connection | undefined {
    open = open.filter((one) => one.isOpen());
    return open.reduce<Connection | undefined>(
      (best, one) => (best === undefined || one.underWay() < best.underWay() ? one : best),
      undefined,
    );
  }

  return {
    count: () => open.filter((one) => one.isOpen()).length,
    /** Settles, when there is one, with whether it had to be made. @throws ConnectionLost */
    async opened(): Promise<boolean> {
      if (signal.aborted) throw new ConnectionLost('the process ends');
      if (ready()) return false;
      await openAnother();
      return true;
    },
    /** Has the one do it on which the fewest requests wait. @throws ConnectionLost where there is none, and none can be made */
    async use<Result>(work: (connection: Connection) => Promise<Result>): Promise<Result> {
      if (signal.aborted) throw new ConnectionLost('the process ends');
      if (!ready()) await openAnother();
      const best = ready();
      if (!best) throw new ConnectionLost('the presence server has ended the connection');
      // Where another cannot be made, this one serves.
      if (best.underWay() >= CROWDED && open.length < MOST) openAnother().catch(() => {});
      return work(best);
    },
    stop(): void {
      stopping.abort();
      for (const one of open) one.end();
    },
  };
}
