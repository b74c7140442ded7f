import type { Stream } from '../stream/stream.ts';
import { xml } from '../stream/xml.ts';

/** Where people are, by their clients' clocks. */
export type TimeZones = {
  /** Minutes east of UTC, as the client at this full JID says; undefined when it does not say. */
  of(jid: string): Promise<number | undefined>;
};

const TIME = 'urn:xmpp:time';
/** Milliseconds that a client may take; somebody waits for the answer to a command. */
const TIMEOUT = 2_000;
/** Milliseconds for which an answer counts: people travel. */
const LIFETIME = 3_600_000;
const MOST_KEPT = 1_000;

type Kept = { offset: Promise<number | undefined>; until: number };

/** Asks clients for their time zone (XEP-0202, Entity Time), once an hour at most. */
export function createTimeZones(stream: Pick<Stream, 'request'>, now: () => number): TimeZones {
  const kept = new Map<string, Kept>();

  async function ask(jid: string): Promise<number | undefined> {
    try {
      const iq = xml('iq', { type: 'get', to: jid }, xml('time', { xmlns: TIME }));
      const answer = await stream.request(iq, TIMEOUT);
      return offsetIn(answer.getChild('time', TIME)?.getChildText('tzo') ?? '');
    } catch {
      // Not every client has a clock to show; then the moment is told in UTC.
      return undefined;
    }
  }

  return {
    of(jid) {
      const known = kept.get(jid);
      if (known && known.until > now()) return known.offset;
      kept.delete(jid);
      const asked = { offset: ask(jid), until: now() + LIFETIME };
      kept.set(jid, asked);
      for (const oldest of kept.keys()) {
        if (kept.size <= MOST_KEPT) break;
        kept.delete(oldest);
      }
      return asked.offset;
    },
  };
}

/** XEP-0082, section 2.3: `Z` or `±hh:mm`; no zone on earth is further than 14 hours from UTC. */
function offsetIn(text: string): number | undefined {
  if (text === 'Z') return 0;
  const [, sign, hours, minutes] = /^([+-])(\d\d):([0-5]\d)$/.exec(text) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return Math.abs(offset) <= 14 * 60 ? offset : undefined;
}
