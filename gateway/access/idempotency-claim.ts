import { setTimeout as sleep } from 'node:timers/promises';
import { UNDER_WAY } from '../../store/base/idempotency.ts';
import type { Context } from '../context.ts';

/** What a request with an Idempotency-Key holds while it is under way: nobody else does the same under that key. */
export type Claimed = { secret: string; claim: string };

/** Milliseconds between two tries to give a claim back. */
const PAUSE = 500;
/** Claims beyond these are not tried again: they end by themselves. */
const MOST = 1_000;

/**
 * What lets a request be sent again. Where Redis does not answer, giving back is tried again after
 * the caller was told, for as long as the claim would last.
 */
export function createGivingBack({ stores, log }: Context): (claimed: Claimed) => Promise<void> {
  let waiting = 0;

  async function tried({ secret, claim }: Claimed): Promise<boolean> {
    try {
      await stores.idempotency.giveBack(secret, claim);
      return true;
    } catch (err) {
      log.debug({ err }, 'an Idempotency-Key is not given back yet');
      return false;
    }
  }

  async function goOn(claimed: Claimed): Promise<void> {
    waiting += 1;
    for (let waited = 0; waited < UNDER_WAY; waited += PAUSE) {
      await sleep(PAUSE, undefined, { ref: false });
      if (await tried(claimed)) break;
    }
    waiting -= 1;
  }

  return async (claimed) => {
    if (!(await tried(claimed)) && waiting < MOST) void goOn(claimed);
  };
}
