import { beginsWith } from '../phone.ts';
import { domainOf } from './jid.ts';

/** An XMPP host whose users are served (decision 240). `ranges`: what the numbers of new accounts there begin with. */
export type Home = { host: string; ranges: readonly string[] };

/** The first takes whoever is named by no other. */
export type Homes = readonly [Home, ...Home[]];

/** Whether the JID is of one of these homes. */
export function isAtHome(homes: Homes, jid: string): boolean {
  return homes.some(({ host }) => host === domainOf(jid));
}

/**
 * The host whose component works for a subscriber: that of the JID, unless an account at another
 * home has still to be left (decision 251).
 */
export function workingHome({ jid, leavesHome }: { jid: string; leavesHome?: string }): string {
  return leavesHome ?? domainOf(jid);
}

/** Whether that is not the home of the component that asks. `own`: its host; undefined where there is one home, which has everybody. */
export function isElsewhere(own: string | undefined, host: string): boolean {
  return own !== undefined && host !== own;
}

/**
 * The host at which somebody with that number (E.164) gets an account: the wanted one, if it is a home; that of the longest
 * range that fits; or the first.
 */
export function hostForNew(homes: Homes, phoneNumber: string, wanted?: string): string {
  if (homes.some(({ host }) => host === wanted)) return wanted ?? homes[0].host;
  let best = { host: homes[0].host, length: 0 };
  for (const { host, ranges } of homes)
    for (const range of ranges)
      if (range.length > best.length && beginsWith(phoneNumber, range)) best = { host, length: range.length };
  return best.host;
}
