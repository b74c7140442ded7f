import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';

/** Parts into which the patience is cut. */
const SLICES = 10;
/** How many of them lie between two pings of one connection. */
const BETWEEN = 2;

type Connection = {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  ping(): Promise<unknown>;
  destroy(): void;
  connect(): Promise<unknown>;
};

/**
 * Gives up connections on which nothing is answered, for as long as `owner` is open: a Redis that
 * hangs accepts commands, and even new connections, and says nothing. All that wait on such a
 * connection are rejected, and whatever is asked from then on is rejected at once, until Redis has
 * answered a new connection. `patience`: milliseconds for an answer.
 */
export function endSilentConnections(
  owner: { readonly isOpen: boolean },
  connections: () => Iterable<Connection>,
  patience: number,
  log: Log,
): void {
  const asked = new WeakSet<Connection>();

  async function look(connection: Connection): Promise<void> {
    asked.add(connection);
    if (!(await answers(connection, patience)) && connection.isOpen) {
      log.warn('Redis does not answer; the connection is given up and made anew');
      connection.destroy();
      connection.connect().catch((err: unknown) => log.warn({ err }, 'Redis connection'));
    }
    asked.delete(connection);
  }

  const timer = setInterval(
    () => {
      if (!owner.isOpen) clearInterval(timer);
      else
        for (const connection of connections()) if (connection.isReady && !asked.has(connection)) void look(connection);
    },
    (BETWEEN * patience) / SLICES,
  );
  timer.unref();
}

/**
 * Whether the ping is answered in time. A connection that breaks counts as an answer, because all
 * that wait on it are rejected. The patience is counted in slices, each of which counts once
 * however long it took: time in which this process itself was held up is not held against Redis.
 */
async function answers(connection: Connection, patience: number): Promise<boolean> {
  let heard = false;
  const note = () => {
    heard = true;
  };
  const pong = connection.ping().then(note, note);
  for (let slice = 0; slice < SLICES && !heard; slice += 1)
    await Promise.race([pong, sleep(patience / SLICES, undefined, { ref: false })]);
  // What came in during the last of them is read first.
  for (let turn = 0; turn < 2 && !heard; turn += 1) await nextTurn();
  return heard;
}
