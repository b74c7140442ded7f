import { ADMITTING, type OutletName } from '../../domain/playing/outlets.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { scanned } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { MANY_FIELDS } from '../base/many-fields.ts';
import { type Marks, newStamp, SEEN_MARK } from '../base/marks.ts';
import { askSubscribers, type Batch } from '../base/partitions.ts';
import { as, defineLua, defineScript } from '../base/script.ts';
import { askSlices, slicesOf } from '../base/slices.ts';
import { ASK_FOR_ACCESS, askForAccess } from '../due/asked-access.ts';
import { GRACE } from '../due/due.ts';
import { duesOf } from '../due/makes-due.ts';

/**
 * The two states of a parting. `asked <stamp> <outlets>`: the tune has to go from the friend's
 * screen, and these outlets have still to take it off. `cleared <stamp>`: it is gone, and the
 * roster item may follow.
 */
const ASKED = 'asked ';
const CLEARED = 'cleared ';

/** What one round of pair decisions changes for who sees the tune; ids, and for the barred their JIDs. */
type SharingChange = { parted: readonly string[]; bar: readonly [id: string, jid: string][]; unbar: readonly string[] };

export type Sharing = ReturnType<typeof createSharing>;

/** Lua: `stampOf`: the stamp of a parting, which it keeps in both states. */
const STAMP_OF = defineLua({
  lua: `local function stampOf(mark) return string.match(mark, '^%S+ (%S+)') end`,
});

/**
 * Takes an outlet from the partings that were seen, each at the stamp that it had; one that was
 * asked for anew stays as it is. Answers the ids of those that wait for no outlet any more. `seen`:
 * ids, each with its mark after it.
 */
const CLEAR = defineScript({
  uses: [SEEN_MARK, STAMP_OF],
  keys: ['partings'],
  args: ['outlet'],
  lists: ['seen'],
  reply: as<string[]>,
  lua: `
local function others(names)
  local left = ''
  for name in string.gmatch(names, '%S+') do if name ~= outlet then left = left .. ' ' .. name end end
  return left
end
local cleared = {}
for i = 1, #seen, 2 do
  local mark = seenMark(partings, seen[i], seen[i + 1], stampOf)
  local stamp, names = string.match(mark or '', '^${ASKED}(%S+)(.*)$')
  if stamp then
    local left = others(names)
    redis.call('HSET', partings, seen[i], (left == '' and '${CLEARED}' or '${ASKED}') .. stamp .. left)
    if left == '' then cleared[#cleared + 1] = seen[i] end
  end
end
return cleared`,
});

/**
 * Ends the partings that were seen, whatever has become of them since; one that was asked for anew
 * has another stamp, and stays. `seen`: ids, each with its mark after it.
 */
const END = defineScript({
  uses: [SEEN_MARK, STAMP_OF],
  keys: ['partings'],
  lists: ['seen'],
  lua: 'clearSeen(partings, seen, stampOf)',
});

/**
 * Ends the partings of these friends; answers 1, and has the outlets look at who sees the tune,
 * where that may differ now.
 */
const WELCOME = defineScript({
  uses: [ASK_FOR_ACCESS, MANY_FIELDS],
  keys: ['privacy', 'partings', 'blocks'],
  keyList: 'outletDues',
  args: ['id', 'stamp', 'dueAt'],
  lists: ['friends'],
  lua: `
local parted = dropFields(partings, friends)
local named = redis.call('HEXISTS', privacy, 'chosen') + redis.call('EXISTS', blocks)
if parted == 0 and named == 0 then return 0 end
askForAccess(stamp)
for _, due in ipairs(outletDues) do redis.call('ZADD', due, dueAt, id) end
return 1`,
});

/**
 * To be written in one step with friends who are new, or who are in other groups now. Somebody among
 * them may have been parting a moment ago: that parting ends here, because it would wait for the
 * other end, which may have become a friend again before it heard of the parting.
 *
 * Replies 1, and has the outlets look at who sees the tune, if a parting ended, or if the
 * subscriber shares with chosen groups only, or blocks anybody: then an outlet may be told each
 * of those who may look by name.
 */
export function welcome(batch: Batch, keys: Keys, id: string, friends: readonly string[], now: number): void {
  WELCOME.add(
    batch,
    {
      privacy: keys.privacy(id),
      playing: keys.playing(id),
      partings: keys.partings(id),
      blocks: keys.blocked(id),
      outletDues: duesOf(keys, 'audience', id),
    },
    { id, stamp: newStamp(), dueAt: now + GRACE, friends },
  );
}

/**
 * From whom the tune is kept: hash `barred` (other id → JID: one of the two has blocked the other),
 * and hash `partings` (other id → its state and a stamp). Reconciliation asks for partings; each
 * outlet that tells friends apart takes the tune off the friend's screen, the roster job takes the
 * item away and ends the parting.
 */
export function createSharing(redis: Redis, keys: Keys) {
  return {
    /** To be written in one step with the friends that change. */
    write(batch: Batch, id: string, { parted, bar, unbar }: SharingChange): void {
      const mark = partingMark();
      if (parted.length > 0) batch.hSet(keys.partings(id), parted.flatMap((other) => [other, mark]) as never);
      if (bar.length > 0) batch.hSet(keys.barred(id), bar.flat() as never);
      if (unbar.length > 0) batch.hDel(keys.barred(id), [...unbar]);
    },

    async barred(id: string): Promise<Map<string, string>> {
      return new Map(Object.entries(await scanned(redis, keys.barred(id))));
    },

    /** Those of the others who are barred, with their JIDs. */
    async barredAmong(id: string, others: readonly string[]): Promise<Map<string, string>> {
      const jids = await askSlices(others, (some) => redis.hmGet(keys.barred(id), some));
      return new Map(others.flatMap((other, i) => (jids[i] ? [[other, jids[i]] as const] : [])));
    },

    async partings(id: string): Promise<Marks> {
      return scanned(redis, keys.partings(id));
    },

    /** For each of the others: the mark of its own parting from `id`. */
    async partingsOfEach(others: readonly string[], id: string): Promise<(string | undefined)[]> {
      const found = await askSubscribers(redis, others, (batch, other) => batch.hGet(keys.partings(other), id));
      return found.map((mark) => (mark as string | null) ?? undefined);
    },

    /**
     * The outlet shows nothing any more to those who were seen as asked for. Returns the ids of
     * those of them to whom no outlet does.
     */
    async clear(id: string, outlet: OutletName, seen: Marks): Promise<string[]> {
      const entries = Object.entries(seen).filter(([, mark]) => isAsked(mark));
      const cleared: string[] = [];
      for (const some of slicesOf(entries))
        cleared.push(...(await CLEAR.run(redis, { partings: keys.partings(id) }, { outlet, seen: some.flat() })));
      return cleared;
    },

    /** The roster items are as they shall be: the tune may be shown again to those who are left. */
    async end(id: string, seen: Marks, now: number): Promise<void> {
      const batch = redis.multi();
      askForAccess(batch, keys, id, now);
      await batch.exec();
      for (const some of slicesOf(Object.entries(seen)))
        await END.run(redis, { partings: keys.partings(id) }, { seen: some.flat() });
    },

    /** Has every outlet look again at everything that decides who sees the tune. */
    async ask(id: string, now: number): Promise<void> {
      const batch = redis.multi();
      askForAccess(batch, keys, id, now);
      await batch.exec();
    },
  };
}

/** Of a friend who is to be let go of. */
export function partingMark(): string {
  return [ASKED.trim(), newStamp(), ...ADMITTING].join(' ');
}

/** Whether the roster item has to wait until the tune is off the friend's screen. */
export function isAsked(mark: string | undefined): boolean {
  return mark?.startsWith(ASKED) === true;
}
