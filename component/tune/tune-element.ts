// XEP-0118: User Tune, version 1.3.0 (https://xmpp.org/extensions/xep-0118.html)
import { type PlayerTrack, playerText, playerTune } from '../../domain/playing/player-tune.ts';
import { safeUri, type Tune } from '../../domain/playing/tune.ts';
import { TUNE } from '../stream/tune-namespace.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';

/** `<tune/>` with its children in the order of the schema; of no tune the empty one, which clients understand as "stopped". */
export function tuneElement(tune: Tune | undefined): Element {
  return xml(
    'tune',
    { xmlns: TUNE },
    textElement('artist', tune?.artist),
    textElement('length', tune?.length),
    textElement('rating', tune?.rating),
    textElement('source', tune?.source),
    textElement('title', tune?.title),
    textElement('track', tune?.track),
    textElement('uri', tune?.uri),
  );
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
