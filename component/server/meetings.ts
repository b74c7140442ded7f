import { untilHeard } from '../stream/ping.ts';
import type { Stream } from '../stream/stream.ts';
import { xml } from '../stream/xml.ts';
import type { MeetingAbility } from './server.ts';

/**
 * Sends presence in users' names: probes in each direction to introduce (RFC 6121, section 4.3),
 * unavailable presence to part (section 4.5), `unsubscribe` to settle a request (section 3.3). Only
 * that withdraws a request: Prosody keeps one through a roster set, and delivers it again at each
 * login.
 * A server that does not let the component speak for its users closes the stream with
 * `invalid-from`. `onForbidden` is called then, nothing is tried again, and friends see each other
 * at their next presence change. `host`: that of the users.
 */
export function createMeetings(stream: Stream, host: string, onForbidden: () => void): MeetingAbility {
  let allowed = true;
  stream.onStreamError((condition) => {
    if (condition !== 'invalid-from') return;
    allowed = false;
    onForbidden();
  });

  async function send(type: 'probe' | 'unavailable' | 'unsubscribe', from: string, to: string): Promise<void> {
    if (allowed) await stream.send(xml('presence', { type, from, to }));
  }

  return {
    async introduce(a, b) {
      await send('probe', a, b);
      await send('probe', b, a);
    },
    approach: (jid, other) => send('probe', jid, other),
    heard: () => untilHeard(stream, host),
    settle: (jid, from) => send('unsubscribe', from, jid),
    async part(jid, clients) {
      for (const client of clients) await send('unavailable', client, jid);
    },
  };
}
