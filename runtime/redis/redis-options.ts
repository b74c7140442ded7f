/**
 * Where Redis is: one server, or the nodes of a cluster that are asked first for the others.
 * `sharded`: it has pub/sub channels that belong to a slot, as since Redis 7.0.
 */
export type RedisPlace = { urls: readonly [string, ...string[]]; cluster: boolean; sharded: boolean };

/**
 * `fail-fast`: while Redis is away commands are rejected at once; for a process that has somebody waiting.
 * `wait`: they are kept until it is back; for background work.
 */
export type WhenAway = 'fail-fast' | 'wait';

/**
 * Bytes of commands that go out in one turn of the event loop. Node's own 16 kB are some twenty commands, and the library writes no more before
 * the next turn: a thousand calls, and the ping that asks whether Redis is there, would wait for fifty turns, of which each is long then.
 */
const COMMANDS_AT_ONCE = 1024 * 1024;

/** Milliseconds without an answer after which a server is taken for one that is away, where nobody says otherwise. */
export const SILENCE = 20_000;

/**
 * The options of a connection that `endSilentConnections` watches, to a single server or to a node of a cluster. The
 * library's own limit to silence is the last resort, for a server that is gone before the connection is ready: it
 * is held against Redis also when this process stood still for so long.
 */
export function connectionOptions(whenAway: WhenAway) {
  return {
    disableOfflineQueue: whenAway === 'fail-fast',
    socket: {
      ...{ connectTimeout: 5_000, socketTimeout: 6 * SILENCE, reconnectStrategy: pauseBefore },
      highWaterMark: COMMANDS_AT_ONCE,
    },
  };
}

/**
 * The options of one that nobody watches, as it listens or waits in commands that block: a peer that vanished without
 * closing the connection is noticed by the missing answer to a ping.
 */
export function unwatchedOptions(whenAway: WhenAway) {
  const { socket, ...options } = connectionOptions(whenAway);
  return { ...options, pingInterval: 5_000, socket: { ...socket, socketTimeout: SILENCE } };
}

/** The library's own limit of 5 s would end what `wait` is to keep, and costs each command a timer. */
export const NO_TIME_LIMIT = { timeout: 0 };

/** Milliseconds: 50, doubling to 2 s, jittered so that all processes do not come back in the same moment. */
export function pauseBefore(retries: number): number {
  return Math.min(50 * 2 ** retries, 2_000) * (0.5 + Math.random() / 2);
}

/** What the nodes that a cluster names do not say themselves: user, password and TLS are those of its first URL. */
export function credentialsOf(url: string): { username?: string; password?: string; tls: boolean } {
  const { protocol, username, password } = new URL(url);
  return {
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    tls: protocol === 'rediss:',
  };
}
