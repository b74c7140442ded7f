// RFC 6121, section 2, through the roster right of XEP-0356
import { parseBareJid } from '../../domain/account/jid.ts';
import type { RosterItem, Subscription } from '../../domain/friendship/roster.ts';
import { isCondition } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';

const ROSTER = 'jabber:iq:roster';

/** The user's roster, by JID. `patience`: milliseconds, if not the usual. */
export async function readRoster(stream: Stream, jid: string, patience?: number): Promise<Map<string, RosterItem>> {
  const ask = xml('iq', { type: 'get', to: jid }, xml('query', { xmlns: ROSTER }));
  const answer = await stream.request(ask, patience);
  const items = answer.getChild('query', ROSTER)?.getChildren('item') ?? [];
  return new Map(items.map(toItem).map((item) => [item.jid, item]));
}

/** Replaces one item; one item for each set, as Prosody answers once for each. */
export async function setRosterItem(stream: Stream, jid: string, item: RosterItem): Promise<void> {
  const { name, groups, subscription } = item;
  const children = groups.map((group) => textElement('group', group));
  await stream.request(
    rosterSet(jid, xml('item', { jid: item.jid, subscription, name: name === '' ? undefined : name }, children)),
  );
}

/** Removes one item; one that is not there is removed. */
export async function removeRosterItem(stream: Stream, jid: string, itemJid: string): Promise<void> {
  try {
    await stream.request(rosterSet(jid, xml('item', { jid: itemJid, subscription: 'remove' })));
  } catch (err) {
    if (!isCondition(err, 'item-not-found')) throw err;
  }
}

function rosterSet(jid: string, item: Element): Element {
  return xml('iq', { type: 'set', to: jid }, xml('query', { xmlns: ROSTER }, item));
}

function toItem(element: Element): RosterItem {
  const { jid = '' } = element.attrs;
  return {
    jid: parseBareJid(jid) ?? jid,
    subscription: (element.attrs.subscription ?? 'none') as Subscription,
    name: element.attrs.name ?? '',
    groups: element.getChildren('group').map((group) => group.getText()),
  };
}
