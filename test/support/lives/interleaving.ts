import { setImmediate as turn } from 'node:timers/promises';
import type { Redis } from '../../../runtime/redis/redis.ts';
import { randomFrom } from '../random.ts';

/** Puts the answers of Redis off, each by a time of its own, so that what runs side by side meets in every order. */
export type Interleaving = {
  /** From now on the delays are those of this seed. */
  begin(seed: number): void;
  /** Milliseconds since the epoch, by the time that passes here. */
  now(): number;
  pause(milliseconds: number): Promise<void>;
  /** The same Redis, whose answers come when their time has come. */
  slow(redis: Redis): Redis;
  /** Until `work` is done. */
  until<T>(work: Promise<T>): Promise<T>;
};

type Held = { at: number; release: () => void };

/** Time passes only while everybody waits, and none of it is real. */
export function createInterleaving(): Interleaving {
  let random = randomFrom(0);
  const held: Held[] = [];
  let time = Date.now();
  let asking = 0;

  /** Most answers come at once, some so late that others do all of their work before. */
  function delay(): number {
    const [kind, part] = [random(), random()];
    if (kind < 0.7) return 1;
    if (kind < 0.9) return part * 10;
    return part * (kind < 0.98 ? 100 : 600);
  }

  function pause(milliseconds: number): Promise<void> {
    return new Promise((release) => held.push({ at: time + milliseconds, release }));
  }

  async function put<T>(answer: Promise<T>): Promise<T> {
    asking += 1;
    try {
      return await answer;
    } finally {
      asking -= 1;
      await pause(delay());
    }
  }

  function slowed<T extends object>(target: T): T {
    return new Proxy(target, {
      get(of, name, proxy) {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const result: unknown = value.apply(of, args);
          if (result === of) return proxy;
          if (result instanceof Promise) return put(result);
          return typeof result === 'object' && result !== null ? slowed(result) : result;
        };
      },
    });
  }

  /** Several turns, as what was released goes on in steps of its own before it asks Redis again. */
  async function settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet = asking > 0 ? 0 : quiet + 1) await turn();
  }

  return {
    begin(seed) {
      random = randomFrom(seed);
    },
    now: () => time,
    pause,
    slow: slowed,
    async until(work) {
      let done = false;
      const end = () => {
        done = true;
      };
      work.then(end, end);
      while (!done) {
        await settle();
        const [next] = held.sort((a, b) => a.at - b.at).splice(0, 1);
        if (next) time = Math.max(time, next.at);
        next?.release();
      }
      return work;
    },
  };
}
