/** Where Redis is: one server, or the nodes of a cluster that are asked first for the others. */
export type RedisPlace = { urls: readonly [string, ...string[]]; cluster: boolean };

/**
 * `fail-fast`: while Redis is away commands are rejected at once; for a process that has somebody waiting.
 * `wait`: they are kept until it is back; for background work.
 */
export type WhenAway = 'fail-fast' | 'wait';

/** The options of every connection, to a single server or to a node of a cluster. */
export function connectionOptions(whenAway: WhenAway) {
  return {
    disableOfflineQueue: whenAway === 'fail-fast',
    // A peer that vanished without closing the connection is noticed by the missing answer to a ping.
    pingInterval: 5_000,
    socket: { connectTimeout: 5_000, socketTimeout: 20_000, reconnectStrategy: pauseBefore },
  };
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
