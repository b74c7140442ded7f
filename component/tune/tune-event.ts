// XEP-0118: User Tune, version 1.3.0 (https://xmpp.org/extensions/xep-0118.html), as an event of XEP-0060, section 7.1.2.1
import { domainOf } from '../../domain/account/jid.ts';
import { type PlayerTrack, playerText, playerTune } from '../../domain/playing/player-tune.ts';
import { safeUri, type Tune } from '../../domain/playing/tune.ts';
import { TUNE } from '../server/pep.ts';
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

/**
 * What the element says, cleaned as a player's words are; a tune without a title goes by what else it has, the address of a stream at last. Undefined
 * when it says nothing that can be shown.
 */
export function tuneOf(element: Element): Tune | undefined {
  const text = (name: string) => element.getChildText(name) ?? undefined;
  const [artist, source, uri = ''] = [text('artist'), text('source'), text('uri')];
  const track: PlayerTrack = {
    title: [text('title'), artist, source, safeUri(uri)].find((one) => playerText(one) !== undefined),
    artist,
    source,
    track: text('track'),
    length: text('length'),
    uri,
  };
  const tune = playerTune(track);
  const rating = Number(text('rating'));
  return tune && Number.isInteger(rating) && rating >= 1 && rating <= 10 ? { ...tune, rating } : tune;
}
