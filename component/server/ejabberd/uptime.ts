import type { Lapses } from '../server.ts';
import { ApiRefusal, type CallApi } from './api.ts';

/**
 * Milliseconds in which what Mnesia was told reaches the disk: its log waits two seconds in memory,
 * tables that are on the disk alone three, and the system writes what it was given within 35.
 */
const WITHIN = 45_000;

/** What ejabberd forgets when it is killed. Where its API does not say how long it has been running, it may have been started just now. */
export function createLapses(call: CallApi, now: () => number): Lapses {
  return {
    within: WITHIN,
    async startedAt() {
      try {
        const seconds = secondsIn(await call('stats', { name: 'uptimeseconds' }));
        return seconds === undefined ? now() : now() - seconds * 1_000;
      } catch (err) {
        if (err instanceof ApiRefusal) return now();
        throw err;
      }
    },
  };
}

/** 24.12 answers with the number, 23.01 with an object that holds it. */
function secondsIn(reply: unknown): number | undefined {
  const seconds = typeof reply === 'object' && reply !== null && 'stat' in reply ? reply.stat : reply;
  return typeof seconds === 'number' ? seconds : undefined;
}
