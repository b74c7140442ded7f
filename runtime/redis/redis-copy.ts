import type { Log } from '../log.ts';

/** Milliseconds before a connection is given up once more: the address may lead to a copy for a while. */
const PAUSE = 1_000;

type Connection = {
  readonly isOpen: boolean;
  sendCommand(...args: never[]): Promise<unknown>;
  destroy(): void;
  connect(): Promise<unknown>;
};

/**
 * Gives the connection to a single Redis up, and makes it anew, when the server says that it is only a copy of another
 * one. After a failover the address leads to another server; but a former master that goes on as its replica closes no
 * connection, and would refuse every write for ever. What waits on the connection is rejected, as when it breaks.
 */
export function leaveCopy(connection: Connection, log: Log): void {
  // What the library hands out is a shell, as is what it makes of that with other types of replies: the client inside sends for all.
  const client: Connection = Object.getPrototypeOf(connection);
  const { sendCommand } = client;
  let last = 0;

  function note(err: unknown): void {
    if (!/\bREADONLY\b/.test((err as Error).message) || !connection.isOpen) return;
    const now = performance.now();
    if (last > 0 && now - last < PAUSE) return;
    last = now;
    log.warn('Redis is only a copy of another one; the connection is given up and made anew');
    connection.destroy();
    connection.connect().catch((failure: unknown) => log.warn({ err: failure }, 'Redis connection'));
  }

  client.sendCommand = function (this: Connection, ...args) {
    const reply = sendCommand.apply(this, args);
    reply.catch(note);
    return reply;
  };
}
