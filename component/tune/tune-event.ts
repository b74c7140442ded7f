// XEP-0118: User Tune, version 1.3.0 (https://xmpp.org/extensions/xep-0118.html), as an event of XEP-0060, section 7.1.2.1
import { domainOf } from '../../domain/account/jid.ts';
import { TUNE } from '../stream/tune-namespace.ts';
import type { Element } from '../stream/xml.ts';

const EVENT = 'http://jabber.org/protocol/pubsub#event';

/** An event of a user's own node; without a tune it is the end of one. */
export type TuneEvent = { jid: string; tune: Element | undefined };

/** The event in a message; undefined when there is none, or it does not come from an account of the home host itself. */
export function readTuneEvent(message: Element, homeHost: string): TuneEvent | undefined {
  const jid = message.attrs.from ?? '';
  if (message.attrs.type === 'error' || jid.includes('/') || domainOf(jid) !== homeHost) return undefined;
  const event = message.getChild('event', EVENT);
  const [about] = event?.getChildElements() ?? [];
  if (about?.attrs.node !== TUNE) return undefined;
  if (about.name === 'purge' || about.name === 'delete') return { jid, tune: undefined };
  if (about.name !== 'items') return undefined;
  const tune = about.getChild('item')?.getChild('tune', TUNE);
  // An item that was taken back, or one without a tune in it, shows nothing either.
  return { jid, tune: tune && tune.getChildElements().length > 0 ? tune : undefined };
}
