import type { Claimed } from '../base/claims.ts';
import type { Keys } from '../base/keys.ts';
import { placeOf } from '../base/partitions.ts';

/** Where the directory has a number. */
export function numberPlace(keys: Keys, numberKey: string): Claimed {
  const { bucket, field } = placeOf(numberKey);
  return { key: keys.directory(bucket), field };
}

/** Where it is written who uses a JID. */
export function jidPlace(keys: Keys, jid: string): Claimed {
  return { key: keys.jids(jid), field: jid };
}
