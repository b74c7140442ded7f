import type { Answer } from './api.ts';
import { eventually } from './eventually.ts';

/**
 * A private session that is over soon, but not before the call that asks for it has come: where that takes too long, a
 * longer one is asked for. Returns its end, in milliseconds.
 */
export async function shortSession(put: (privateUntil: string) => Promise<Answer>): Promise<number> {
  let lasts = 1_500;
  return eventually(async () => {
    lasts *= 2;
    const end = Date.now() + lasts;
    await put(new Date(end).toISOString());
    return end;
  });
}
