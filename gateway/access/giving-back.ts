import { setTimeout as sleep } from 'node:timers/promises';
import type { Fence } from '../../store/base/fence.ts';
import { UNDER_WAY } from '../../store/call/idempotency.ts';
import type { Context } from '../context.ts';

/** A request with an Idempotency-Key that is under way: by its fence nobody else does the same under that key. */
export type Begun = { secret: string; fence: Fence };

/** Milliseconds between two tries to give a key back. */
const PAUSE = 500;
/** Keys beyond these are not tried again: they are free by themselves after `UNDER_WAY`. */
const MOST = 1_000;

/**
 * What lets a request be sent again. Where Redis does not answer, giving back is tried again after
 * the caller was told, for as long as the key would not be free by itself.
 */
export function createGivingBack({ stores, log }: Context): (begun: Begun) => Promise<void> {
  let waiting = 0;

  async function tried({ secret, fence }: Begun): Promise<boolean> {
    try {
      await stores.idempotency.giveBack(secret, fence);
      return true;
    } catch (err) {
      log.debug({ err }, 'an Idempotency-Key is not given back yet');
      return false;
    }
  }

  async function goOn(begun: Begun): Promise<void> {
    waiting += 1;
    for (let waited = 0; waited < UNDER_WAY; waited += PAUSE) {
      await sleep(PAUSE, undefined, { ref: false });
      if (await tried(begun)) break;
    }
    waiting -= 1;
  }

  return async (begun) => {
    if (!(await tried(begun)) && waiting < MOST) void goOn(begun);
  };
}
