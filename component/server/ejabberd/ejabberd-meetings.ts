import { untilHeard } from '../../stream/ping.ts';
import type { Stream } from '../../stream/stream.ts';
import type { MeetingAbility } from '../server.ts';
import type { CallApi } from './api.ts';
import { both } from './api-rosters.ts';

/**
 * The same meetings, where rosters are written by the API and not by the stream. A request that is
 * withdrawn with a stanza would be so before or after the item is set; after it, it ends the
 * subscription that was just made, and the answer that ejabberd gives to it the other's. An item
 * that is nothing but such a request is in no roster; it is deleted by the API, and nobody is told.
 */
export function withApiOrder(
  meetings: MeetingAbility,
  call: CallApi,
  stream: Pick<Stream, 'request'>,
  host: string,
): MeetingAbility {
  return {
    ...meetings,
    async settle(jid, from, before) {
      if (!before) return void (await call('delete_rosteritem', both(jid, from)));
      await meetings.settle(jid, from, before);
      await untilHeard(stream, host);
    },
  };
}
