import { elapsed } from '../../runtime/elapsed.ts';
import { contentOf, type Element } from './xml.ts';

/**
 * Tells events of the component's own publishes (echoes) from those of users' own clients. The
 * server sends the component one event for each publish, in the order of the publishes; events of
 * users' clients come in between.
 */
export type Echoes = {
  /** To be called before the tune is sent. */
  expect(jid: string, tune: Element): void;
  /** Whether this event is the echo of such a tune; it is then no longer expected. */
  take(jid: string, tune: Element | undefined): boolean;
  /** This moment, for `quietSince`. */
  moment(jid: string): Moment;
  /** Whether nothing was under way at that moment, and nothing was sent since. */
  quietSince(jid: string, moment: Moment): boolean;
  /** The stream is gone, and what was under way with it. */
  forget(): void;
};

/** How many tunes had been sent; `busy` while one of that account was under way. */
export type Moment = number | 'busy';

type Expected = { sent: number; at: number; tunes: string[] };

/** Milliseconds after which an echo no longer comes: nobody listened yet, or the publish failed. */
const PATIENCE = 30_000;
/** Echoes of one account that are waited for: where none ever comes they must not pile up. */
const MOST_EXPECTED = 50;

/** For one stream; all is forgotten with it. `now`: milliseconds. */
export function createEchoes(now = elapsed): Echoes {
  // In the order of the last publish, the oldest first.
  const expected = new Map<string, Expected>();
  let count = 0;

  function dropOld(): void {
    for (const [jid, { at }] of expected) {
      if (now() - at < PATIENCE) return;
      expected.delete(jid);
    }
  }

  return {
    expect(jid, tune) {
      dropOld();
      const tunes = [...(expected.get(jid)?.tunes ?? []), contentOf(tune)].slice(-MOST_EXPECTED);
      count += 1;
      expected.delete(jid);
      expected.set(jid, { sent: count, at: now(), tunes });
    },
    take(jid, tune) {
      dropOld();
      const entry = expected.get(jid);
      const place = entry?.tunes.indexOf(contentOf(tune)) ?? -1;
      // Those before it will not come any more.
      entry?.tunes.splice(0, place + 1);
      return place >= 0;
    },
    moment(jid) {
      return expected.get(jid)?.tunes.length ? 'busy' : count;
    },
    quietSince(jid, moment) {
      const last = expected.get(jid);
      return moment !== 'busy' && (last === undefined || last.sent <= moment);
    },
    forget: () => expected.clear(),
  };
}
