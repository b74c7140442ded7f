import type { Element } from './xml.ts';

/**
 * Which events of user tunes are the component's own publishes that come back. The server sends one for each, in the order of
 * the publishes; what came from a user's own client stands between them.
 */
export type Echoes = {
  /** To be called before the tune is sent. */
  expect(jid: string, tune: Element): void;
  /** Whether this event is the echo of such a tune; it is then no longer expected. */
  take(jid: string, tune: Element | undefined): boolean;
  /** This moment, for `quietSince`. */
  moment(jid: string): number;
  /** Whether nothing was under way at that moment, and nothing was sent since. */
  quietSince(jid: string, moment: number): boolean;
  /** The stream is gone, and what was under way with it. */
  forget(): void;
};

type Expected = { sent: number; at: number; tunes: string[] };

/** Milliseconds after which an echo no longer comes: nobody listened yet, or the publish failed. */
const PATIENCE = 30_000;
/** Echoes of one account that are waited for: where none ever comes they must not pile up. */
const MOST_EXPECTED = 50;
/** A moment at which something was under way: before everything that was ever sent. */
const BUSY = -1;

export function createEchoes(now: () => number): Echoes {
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
      const tunes = [...(expected.get(jid)?.tunes ?? []), textOf(tune)].slice(-MOST_EXPECTED);
      count += 1;
      expected.delete(jid);
      expected.set(jid, { sent: count, at: now(), tunes });
    },
    take(jid, tune) {
      dropOld();
      const entry = expected.get(jid);
      const place = entry?.tunes.indexOf(textOf(tune)) ?? -1;
      // Those before it will not come any more.
      entry?.tunes.splice(0, place + 1);
      return place >= 0;
    },
    moment(jid) {
      return expected.get(jid)?.tunes.length ? BUSY : count;
    },
    quietSince(jid, moment) {
      return (expected.get(jid)?.sent ?? BUSY) <= moment;
    },
    forget: () => expected.clear(),
  };
}

/** Equal for equal tunes, whatever the server did to their form. */
function textOf(tune: Element | undefined): string {
  const children = (tune?.getChildElements() ?? []).map((child) => [child.name, child.getText()]);
  return JSON.stringify(children.sort(([a = ''], [b = '']) => a.localeCompare(b)));
}
