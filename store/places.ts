import type { Claimed } from './claims.ts';
import type { Keys } from './keys.ts';
import { placeOf } from './partitions.ts';

/** Where the directory has a number. */
export function numberPlace(keys: Keys, numberKey: string): Claimed {
  const { bucket, field } = placeOf(numberKey);
  return { key: keys.directory(bucket), field };
}

/** Where it is written who uses a JID. */
export function jidPlace(keys: Keys, jid: string): Claimed {
  return { key: keys.jids(jid), field: jid };
}
