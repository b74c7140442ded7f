import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Api } from '../support/api.ts';
import { PATIENCE } from '../support/eventually.ts';
import { Finding } from './finding.ts';

type Call = Parameters<Api['call']>;

/** Answers that say: not now, try again. A number that somebody held who was killed is free a moment later. */
const AGAIN = [429, 503];
/** Milliseconds between two tries. */
const PAUSE = 100;

/** Calls until the answer has one of these statuses: the gateway, and whatever is behind it, may be killed at any moment. */
export async function callUntil(api: Api, statuses: readonly number[], ...call: Call): Promise<Answer> {
  const what = `${call[0]} ${call[1].replace(/[0-9a-f-]{36}/g, '…')}`;
  let last = '';
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(PAUSE)) {
    const answer = await api.call(...call).catch((err: Error) => {
      last = `${err.message} ${(err.cause as Error | undefined)?.message ?? ''}`;
    });
    if (!answer) continue;
    if (statuses.includes(answer.status)) return answer;
    last = `${answer.status} ${answer.text}`;
    const isHeld = answer.status === 409 && last.includes('in a moment');
    if (!AGAIN.includes(answer.status) && !isHeld) throw new Finding(`${what} was answered ${last}`);
  }
  throw new Finding(`${what} was never answered ${statuses}: ${last}`);
}
