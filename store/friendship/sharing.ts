import { type NodeAccess, type NodeChange, UNKNOWN } from '../../domain/friendship/node-access.ts';
import { type OutletName, outletRow } from '../../domain/playing/outlets.ts';
import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { clearSeen, type Marks, newStamp } from '../base/marks.ts';
import { askSubscribers, type Batch } from '../base/partitions.ts';
import { asYes, defineScript } from '../base/script.ts';
import type { Subscriber } from '../subscriber/subscriber-record.ts';

/**
 * The two states of a parting. `asked`: the tune has to go from the friend's screen. `cleared`: it
 * is gone, and the roster item may follow.
 */
const ASKED = 'asked ';
const CLEARED = 'cleared ';

/** What one round of pair decisions changes for who sees the tune; ids, and for the barred their JIDs. */
type SharingChange = { parted: readonly string[]; bar: readonly [id: string, jid: string][]; unbar: readonly string[] };

export type Sharing = ReturnType<typeof createSharing>;

/**
 * Changes partings from asked to cleared whose marks are still the ones that were seen; one that
 * was asked for anew stays asked. `seen`: ids, each with its mark after it.
 */
const CLEAR = defineScript({
  keys: ['partings'],
  lists: ['seen'],
  lua: `
for i = 1, #seen, 2 do
  if redis.call('HGET', partings, seen[i]) == seen[i + 1] then
    redis.call('HSET', partings, seen[i], '${CLEARED}' .. string.sub(seen[i + 1], ${ASKED.length + 1}))
  end
end`,
});
const BATCH = 2_000;

/** Has the tune job look at who may see the tune: a field `access` beside what plays. */
export function askForAccess(batch: Batch, keys: Keys, id: string, now: number): void {
  const stamp = newStamp();
  batch.hSet(keys.playing(id), { generation: stamp, access: stamp });
  for (const due of keys.outletDues(id)) batch.zAdd(due, { value: id, score: now + GRACE });
}

/**
 * Ends the partings of these friends; answers 1, and has the tune job look at who sees the tune,
 * where that may differ now.
 */
const WELCOME = defineScript({
  keys: ['privacy', 'playing', 'partings'],
  keyList: 'outletDues',
  args: ['id', 'stamp', 'dueAt'],
  lists: ['friends'],
  lua: `
local parted = 0
for _, friend in ipairs(friends) do parted = parted + redis.call('HDEL', partings, friend) end
if parted == 0 and redis.call('HEXISTS', privacy, 'chosen') == 0 then return 0 end
redis.call('HSET', playing, 'generation', stamp, 'access', stamp)
for _, due in ipairs(outletDues) do redis.call('ZADD', due, dueAt, id) end
return 1`,
});

/**
 * To be written with friends that are new, or that stand in other groups now. Ends the partings of those among them who were being let go of: a
 * parting otherwise waits for a job of the other end, and that end may have become a friend again without ever hearing of it. Asks for the audience
 * to be looked at, as `askForAccess` does, and replies 1, if a parting ended or if the subscriber shares with chosen groups only: the XMPP
 * server has to be told each member of those by JID.
 */
export function welcome(batch: Batch, keys: Keys, id: string, friends: readonly string[], now: number): void {
  WELCOME.add(
    batch,
    {
      privacy: keys.privacy(id),
      playing: keys.playing(id),
      partings: keys.partings(id),
      outletDues: keys.outletDues(id),
    },
    { id, stamp: newStamp(), dueAt: now + GRACE, friends },
  );
}

/**
 * Notes these fields of the access as unknown, if the subscriber still has the address at which the
 * server is about to be told. In one step, because the subscriber may move to another account at
 * any moment. `field`: of the record, `seen`: the value that it had.
 */
const BEGIN_ACCESS = defineScript({
  keys: ['record', 'told', 'access'],
  args: ['field', 'seen', 'address', 'unknown'],
  lists: ['fields'],
  reply: asYes,
  lua: `
if redis.call('HGET', record, field) ~= seen then return 0 end
redis.call('HSET', told, 'address', address)
for _, name in ipairs(fields) do redis.call('HSET', access, name, unknown) end
return 1`,
});

/**
 * Who sees the tune: hash `barred` (other id → JID: one of the two has blocked the other), hash `partings` (other id → `asked` or
 * `cleared`, and a stamp), and hash `access` (see `NodeAccess`, and `Place` for several nodes): what
 * the server was told about the account in `told:xmpp`.
 * Reconciliation asks for partings; the tune job clears the tune from the friend's screen, the roster job takes the item away and ends the parting.
 */
export function createSharing(redis: Redis, keys: Keys) {
  return {
    /** To be written in one step with the friends that change. */
    write(batch: Batch, id: string, { parted, bar, unbar }: SharingChange): void {
      const stamp = newStamp();
      if (parted.length > 0) batch.hSet(keys.partings(id), parted.flatMap((other) => [other, ASKED + stamp]) as never);
      if (bar.length > 0) batch.hSet(keys.barred(id), bar.flat() as never);
      if (unbar.length > 0) batch.hDel(keys.barred(id), [...unbar]);
    },

    async barred(id: string): Promise<Map<string, string>> {
      return new Map(Object.entries(await redis.hGetAll(keys.barred(id))));
    },

    async partings(id: string): Promise<Marks> {
      return redis.hGetAll(keys.partings(id));
    },

    /** For each of the others: the mark of its own parting from `id`. */
    async partingsOfEach(others: readonly string[], id: string): Promise<(string | undefined)[]> {
      const found = await askSubscribers(redis, others, (batch, other) => batch.hGet(keys.partings(other), id));
      return found.map((mark) => (mark as string | null) ?? undefined);
    },

    /** The tune is off the screens of those who were seen as asked for. */
    async clear(id: string, seen: Marks): Promise<void> {
      const entries = Object.entries(seen).filter(([, mark]) => isAsked(mark));
      for (let from = 0; from < entries.length; from += BATCH)
        await CLEAR.run(redis, { partings: keys.partings(id) }, { seen: entries.slice(from, from + BATCH).flat() });
    },

    /** The roster items are as they shall be: the tune may be shown again to those who are left. */
    async end(id: string, seen: Marks, now: number): Promise<void> {
      const batch = redis.multi();
      askForAccess(batch, keys, id, now);
      await batch.exec();
      await clearSeen(redis, keys.partings(id), seen);
    },

    /** Has the tune job look again at everything that decides who sees the tune. */
    async ask(id: string, now: number): Promise<void> {
      const batch = redis.multi();
      askForAccess(batch, keys, id, now);
      await batch.exec();
    },

    async access(id: string): Promise<NodeAccess> {
      return new Map(Object.entries(await redis.hGetAll(keys.access(id))));
    },

    /**
     * To be called before the server is told: until `noteAccess`, nobody knows how these fields stand. False when the subscriber has another
     * address by now; then nothing may be told.
     */
    async beginAccess(
      subscriber: Subscriber,
      outlet: OutletName,
      address: string,
      fields: readonly string[],
    ): Promise<boolean> {
      const { id } = subscriber;
      const field = outletRow(outlet).address;
      const places = { record: keys.subscriber(id), told: keys.told(id, outlet), access: keys.access(id) };
      for (let from = 0; from < fields.length; from += BATCH) {
        const part = fields.slice(from, from + BATCH);
        const args = { field, seen: subscriber[field], address, unknown: UNKNOWN, fields: part };
        if (!(await BEGIN_ACCESS.run(redis, places, args))) return false;
      }
      return true;
    },

    /** The server knows these fields; `none` is not kept. */
    async noteAccess(id: string, known: readonly NodeChange[]): Promise<void> {
      const [kept, gone] = [
        known.filter(([, value]) => value !== 'none'),
        known.filter(([, value]) => value === 'none'),
      ];
      const batch = redis.multi();
      if (kept.length > 0) batch.hSet(keys.access(id), kept.flat() as never);
      if (gone.length > 0)
        batch.hDel(
          keys.access(id),
          gone.map(([field]) => field),
        );
      await batch.exec();
    },
  };
}

/** Whether the roster item has to wait until the tune is off the friend's screen. */
export function isAsked(mark: string | undefined): boolean {
  return mark?.startsWith(ASKED) === true;
}
