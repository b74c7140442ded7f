import type { Redis } from '../../runtime/redis/redis.ts';

/** `time` and `number` are the parts of the id. */
export type LaneEntry = { id: string; time: number; number: number; fields: Record<string, string> };

/** One stream of the trail, read from its newest entry on. */
export type LaneReader = {
  /** To be called first, and after each entry that was taken: reads on when nothing is left. */
  fill(): Promise<void>;
  /** The newest entry that was not taken. */
  head(): LaneEntry | undefined;
  take(): LaneEntry | undefined;
};

/** Entries of the first step, and of the later ones: most readers of many streams give few. */
const FIRST_STEP = 100;
const STEP = 1_000;

/** `cursor`: reads what is older than this. */
export function createLaneReader(
  redis: Redis,
  stream: string,
  { cursor, from, to }: { cursor?: string | undefined; from?: number | undefined; to?: number | undefined },
): LaneReader {
  let newest = cursor === undefined ? `${to ?? '+'}` : `(${cursor}`;
  let count = FIRST_STEP;
  let ended = false;
  let found: LaneEntry[] = [];
  let at = 0;
  return {
    async fill() {
      if (at < found.length || ended) return;
      const batch = (await redis.xRevRange(stream, newest, `${from ?? '-'}`, { COUNT: count })) ?? [];
      found = batch.map(({ id, message }) => toLaneEntry(id, message));
      at = 0;
      ended = batch.length < count;
      newest = `(${batch.at(-1)?.id ?? '0-0'}`;
      count = STEP;
    },
    head: () => found[at],
    take() {
      at += 1;
      return found[at - 1];
    },
  };
}

function toLaneEntry(id: string, fields: Record<string, string>): LaneEntry {
  const [time = 0, number = 0] = id.split('-').map(Number);
  return { id, time, number, fields };
}
