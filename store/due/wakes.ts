import { OUTLETS } from '../../domain/playing/outlets.ts';
import { type Cause, readCause } from '../../runtime/cause.ts';
import { isAtHome, type MemoryQueue } from '../../runtime/queue/queue-table.ts';
import type { Listening } from '../../runtime/redis/listening.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { allPartitions } from '../base/partitions.ts';
import { homesOf } from './due-at-home.ts';

const FIRST = '!';

/**
 * Wakes whoever keeps a queue's jobs in memory: by Redis pub/sub, a channel for each of these queues, and each home where
 * there are several and each has a process of its own; ids with blanks between them, or one id, a blank, and what `PLAY` brings along as JSON. Before an id may stand an
 * exclamation mark: it goes before those whom `PLAY` and `STOP` ask for, as who may see what plays may have changed. Behind an id and a semicolon may stand the request that it is for (`runtime/cause`). Best effort: whoever was not there looks through the due list when it
 * begins, and once a second.
 */
export function createWakes(redis: Redis, keys: Keys) {
  return {
    async tell(queue: MemoryQueue, ids: readonly string[]): Promise<void> {
      if (!isAtHome(queue)) return void (await redis.publish(keys.wakes(queue), ids.map((id) => FIRST + id).join(' ')));
      if (keys.hosts.length === 0) return void (await redis.publish(keys.wakes(queue), ids.join(' ')));
      const homes = await homesOf(redis, keys, ids);
      for (const host of keys.hosts) {
        const its = ids.filter((_, i) => homes[i] === host);
        if (its.length > 0) await redis.publish(keys.wakes(queue, host), its.join(' '));
      }
    },
  };
}

export type HearWake = (id: string, brought?: string, cause?: Cause, first?: boolean) => void;

/** The side that is woken. */
export type WakeSource = {
  /**
   * From now on `wake` is called for each subscriber who has to be looked at, with what came along with it and the request that it is
   * for, and `gap` when calls may have been missed.
   */
  listen(queue: MemoryQueue, wake: HearWake, gap: () => void): Promise<void>;
};

/**
 * Needs a connection of its own. `sharded`: whether channels belong to slots, where Redis is a cluster; `host`: of the home whose subscribers
 * are heard of, left out for queues that no home has for itself.
 */
export function createWakeSource(connection: Listening, keys: Keys, sharded: boolean, host?: string): WakeSource {
  /** One for each who listens, also when it tries again: a connection calls each reader once, however often it was given it. */
  const readers = new WeakMap<HearWake, (message: string) => void>();

  function readerOf(wake: HearWake): (message: string) => void {
    const read = readers.get(wake) ?? readerFor(wake);
    readers.set(wake, read);
    return read;
  }

  /** What `PLAY` and `STOP` tell in the slots of a cluster. */
  async function listenInSlots(queue: MemoryQueue, read: (message: string) => void): Promise<void> {
    const channels = allPartitions().map((partition) => keys.wakesIn(partition, queue, host));
    if (sharded) await Promise.all(channels.map((channel) => connection.sSubscribe(channel, read)));
    else await connection.subscribe(channels, read);
  }

  return {
    async listen(queue, wake, gap) {
      const read = readerOf(wake);
      connection.on('ready', gap);
      try {
        await connection.subscribe(keys.wakes(queue, host), read);
        if (keys.inCluster && isOfOutlet(queue)) await listenInSlots(queue, read);
      } catch (err) {
        // Whoever tries again would be told twice.
        connection.off('ready', gap);
        throw err;
      }
    },
  };
}

function isOfOutlet(queue: MemoryQueue): boolean {
  return OUTLETS.some((row) => row.queue === queue);
}

function readerFor(wake: HearWake): (message: string) => void {
  return (message) => {
    const end = message.indexOf(' [');
    if (end > 0) hear(wake, message.slice(0, end), message.slice(end + 1));
    else for (const word of message.split(' ')) hear(wake, word);
  };
}

function hear(wake: HearWake, word: string, brought?: string): void {
  const end = word.indexOf(';');
  if (word.startsWith(FIRST)) wake(word.slice(FIRST.length), undefined, undefined, true);
  else if (end < 0) wake(word, brought);
  else wake(word.slice(0, end), brought, readCause(word.slice(end + 1)));
}
