import type { Log } from '../log.ts';

/** Milliseconds before a connection is given up once more: the address may lead to a copy for a while. */
const PAUSE = 1_000;

/** What a connection emits when it leaves a copy, and when it is there again. */
const [LEAVES, IS_BACK] = ['leaves copy', 'left copy'];

type Connection = {
  readonly isOpen: boolean;
  destroy(): void;
  connect(): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  emit(event: string): unknown;
};
type Sender = Connection & { sendCommand(...args: never[]): Promise<unknown> };

/**
 * Gives the connection to a single Redis up, and makes it anew, when the server says that it is only a copy of another
 * one. After a failover the address leads to another server; but a former master that goes on as its replica closes no
 * connection, and would refuse every write for ever. What waits on the connection is rejected, as when it breaks.
 */
export function leaveCopy(connection: Sender, log: Log): void {
  // What the library hands out is a shell, as is what it makes of that with other types of replies: the client inside sends for all.
  const client: Sender = Object.getPrototypeOf(connection);
  const { sendCommand } = client;
  let last = 0;

  function note(err: unknown): void {
    if (!/\bREADONLY\b/.test((err as Error).message) || !connection.isOpen) return;
    const now = performance.now();
    if (last > 0 && now - last < PAUSE) return;
    last = now;
    log.warn('Redis is only a copy of another one; the connection is given up and made anew');
    connection.emit(LEAVES);
    renew(connection, log, () => connection.emit(IS_BACK));
  }

  client.sendCommand = function (this: Sender, ...args) {
    const reply = sendCommand.apply(this, args);
    reply.catch(note);
    return reply;
  };
}

/**
 * Has a connection that only listens follow the one beside it, which leaves a copy. A copy passes on nothing that was told before it
 * has read all that the new master has, and nothing at all if it cannot. `reconnecting` comes before the other one is back.
 */
export function leaveAlong(listening: Connection, beside: Connection, log: Log): void {
  beside.on(LEAVES, () => listening.emit('reconnecting'));
  beside.on(IS_BACK, () => {
    if (listening.isOpen) renew(listening, log);
  });
}

function renew(connection: Connection, log: Log, done: () => void = () => {}): void {
  connection.destroy();
  connection.connect().then(done, (err: unknown) => log.warn({ err }, 'Redis connection'));
}
