import { OUTLETS, type OutletName, type OutletRow } from '../../domain/playing/outlets.ts';
import type { QueueName } from '../../runtime/queue/queue-table.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from './keys.ts';

/** Milliseconds between two looks of a process which outlets are used. */
export const LOOK_INTERVAL = 1_000;
/** Milliseconds after which a process no longer relies on its last look. */
export const RELIABLE = 5_000;

const ALWAYS = OUTLETS.filter(({ used }) => used === 'always');

export type KnownOutlets = ReturnType<typeof createKnownOutlets>;

/**
 * Which outlets are used, as this process knows it. What is written is made due for these alone. A process that follows it and
 * has not been able to look lately takes every outlet for used: it may have stood still while somebody began. `clock`: milliseconds
 * that only go on.
 */
export function createKnownOutlets(clock: () => number = () => performance.now()) {
  let used: readonly OutletRow[] = ALWAYS;
  let seenAt: number | undefined;
  const isReliable = () => seenAt === undefined || clock() - seenAt <= RELIABLE;

  return {
    clock,
    /** From now on it is looked at again and again. */
    follow(): void {
      seenAt ??= Number.NEGATIVE_INFINITY;
    },
    /** `askedAt`: by the clock, when it was asked. */
    learn(begun: ReadonlySet<string>, askedAt: number): void {
      used = OUTLETS.filter((row) => row.used === 'always' || begun.has(row.name));
      seenAt = askedAt;
    },
    /** Those for which a write has to make due whom it is about. */
    used: (): readonly OutletRow[] => (isReliable() ? used : OUTLETS),
    /** Whether anybody is known to run its jobs. A queue that is no outlet's is always used. */
    isUsed: (queue: QueueName): boolean => !isOutlets(queue) || used.some((row) => row.queue === queue),
    /** Whether it is certain that nobody does. */
    isUnused: (queue: QueueName): boolean =>
      isReliable() && isOutlets(queue) && !used.some((row) => row.queue === queue),
  };
}

function isOutlets(queue: QueueName): boolean {
  return OUTLETS.some((row) => row.queue === queue);
}

/** `begun`: who already plays has still to be looked at; `all`: everybody is. */
type Use = 'begun' | 'all';

/**
 * The outlets that are used of those that cost nothing before: hash `outlets`, from an outlet's name to how far its beginning has
 * come. Every process looks every second, and says what it knows with its status (`store/heartbeat`).
 */
export function createOutletsUsed(redis: Redis, keys: Keys, known: KnownOutlets) {
  async function look(): Promise<void> {
    const askedAt = known.clock();
    known.learn(new Set(await redis.hKeys(keys.outletsUsed)), askedAt);
  }

  return {
    ...known,
    look,
    /** The names of those that are used, for others to know that this process knows. */
    names: (): OutletName[] => known.used().map(({ name }) => name),
    /** From now on it is used. Whether who already plays has still to be looked at there. */
    async begin(outlet: OutletName): Promise<Use> {
      await redis.hSetNX(keys.outletsUsed, outlet, 'begun' satisfies Use);
      await look();
      return (await redis.hGet(keys.outletsUsed, outlet)) as Use;
    },
    /** Everybody was looked at; nothing where its use has ended meanwhile. */
    async begunForAll(outlet: OutletName): Promise<void> {
      if (await redis.hExists(keys.outletsUsed, outlet))
        await redis.hSet(keys.outletsUsed, outlet, 'all' satisfies Use);
    },
    /** From now on it is used no more. */
    async end(outlet: OutletName): Promise<void> {
      await redis.hDel(keys.outletsUsed, outlet);
      await look();
    },
  };
}
