import { ADMITTING, type OutletName } from '../../domain/playing/outlets.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import type { Batch } from '../base/partitions.ts';
import { defineLua } from '../base/script.ts';
import { GRACE } from './due.ts';
import { duesOf } from './makes-due.ts';

/** The field, beside what plays, by which an outlet is asked to look at who may see it. */
export function accessField(outlet: OutletName): string {
  return `access:${outlet}`;
}

const FIELDS = ['generation', ...ADMITTING.map(accessField)];

/** Has every outlet look at who may see what plays, in one step with what changes that. */
export function askForAccess(batch: Batch, keys: Keys, id: string, now: number): void {
  const stamp = newStamp();
  batch.hSet(keys.playing(id), Object.fromEntries(FIELDS.map((field) => [field, stamp])));
  for (const due of duesOf(keys, 'audience', id)) batch.zAdd(due, { value: id, score: now + GRACE });
}

/**
 * Lua: `askForAccess(stamp)`, the same from within a script, with a stamp that is new. The script
 * itself puts the subscriber into the outlets' due lists.
 */
export const ASK_FOR_ACCESS = defineLua({
  keys: ['playing'],
  lua: `
local function askForAccess(stamp)
  redis.call('HSET', playing, ${FIELDS.map((field) => `'${field}', stamp`).join(', ')})
end`,
});
