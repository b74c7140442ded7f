// XEP-0084: User Avatar, version 1.1.4 (https://xmpp.org/extensions/xep-0084.html)
// XEP-0054: vcard-temp, version 1.3.0 (https://xmpp.org/extensions/xep-0054.html)
import { createHash } from 'node:crypto';
import { readAvatar } from '../../domain/account/avatar.ts';
import { MAX_PHOTO_BYTES, toDataUri } from '../../domain/photo.ts';
import type { Avatar } from '../../store/account/avatars.ts';
import { privilegedIq } from '../server/privileged-iq.ts';
import { isCondition } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, xml } from '../stream/xml.ts';

const METADATA = 'urn:xmpp:avatar:metadata';
const DATA = 'urn:xmpp:avatar:data';
const VCARD = 'vcard-temp';
const PUBSUB = 'http://jabber.org/protocol/pubsub';
const FORM = 'jabber:x:data';

/** Access models under which every contact may see a node (XEP-0060, section 4.5). */
const FOR_CONTACTS = ['open', 'presence'];
/** There is nothing to be had: no node, no vCard, no account, no right to ask, or no such service. */
const ABSENT = [
  'item-not-found',
  'forbidden',
  'not-allowed',
  'not-authorized',
  'feature-not-implemented',
  'service-unavailable',
];

/**
 * The avatar that an account publishes for its contacts; `same` when it is the one with the digest `known`, undefined when there is none that can be shown.
 * `vcards`: whether the server lets the vCard be read where no avatar is published.
 * @throws StanzaError, Fault UNAVAILABLE
 */
export async function fetchAvatar(
  stream: Stream,
  jid: string,
  known: string | undefined,
  vcards: boolean,
): Promise<Avatar | 'same' | undefined> {
  const metadata = await lastItem(stream, jid, METADATA);
  if (!metadata) return vcards ? vcardPhoto(stream, jid) : undefined;
  const id = offered(metadata);
  if (id === undefined || !(await isForContacts(stream, jid))) return undefined;
  if (id === known) return 'same';
  const data = await lastItem(stream, jid, DATA, id);
  const avatar = toAvatar(data?.getChildText('data', DATA));
  return avatar?.hash === id ? avatar : undefined;
}

/** The digest of the first image that is on the server itself and not too large. An empty `<metadata/>` says that there is none. */
function offered(item: Element): string | undefined {
  const infos = item.getChild('metadata', METADATA)?.getChildren('info') ?? [];
  const info = infos.find(({ attrs }) => attrs.url === undefined && Number(attrs.bytes ?? 0) <= MAX_PHOTO_BYTES);
  const id = info?.attrs.id?.toLowerCase();
  return id !== undefined && /^[0-9a-f]{40}$/.test(id) ? id : undefined;
}

/** Asked in the user's name the server shows everything: what the user keeps from contacts must not be shown to them here. */
async function isForContacts(stream: Stream, jid: string): Promise<boolean> {
  const models = await Promise.all([METADATA, DATA].map((node) => accessModel(stream, jid, node)));
  return models.every((model) => FOR_CONTACTS.includes(model));
}

async function accessModel(stream: Stream, jid: string, node: string): Promise<string> {
  const request = xml('pubsub', { xmlns: `${PUBSUB}#owner` }, xml('configure', { node }));
  const reply = await orAbsent(privilegedIq(stream, jid, 'get', request));
  const form = reply?.getChild('pubsub')?.getChild('configure')?.getChild('x', FORM);
  const field = form?.getChildren('field').find(({ attrs }) => attrs.var === 'pubsub#access_model');
  return field?.getChildText('value') ?? '';
}

async function lastItem(stream: Stream, jid: string, node: string, id?: string): Promise<Element | undefined> {
  const items = id === undefined ? xml('items', { node, max_items: '1' }) : xml('items', { node }, xml('item', { id }));
  const reply = await orAbsent(privilegedIq(stream, jid, 'get', xml('pubsub', { xmlns: PUBSUB }, items)));
  return reply?.getChild('pubsub')?.getChild('items')?.getChild('item');
}

async function vcardPhoto(stream: Stream, jid: string): Promise<Avatar | undefined> {
  const reply = await orAbsent(privilegedIq(stream, jid, 'get', xml('vCard', { xmlns: VCARD })));
  return toAvatar(reply?.getChild('vCard', VCARD)?.getChild('PHOTO')?.getChildText('BINVAL'));
}

/** XEP-0084 and XEP-0153 name an image by its SHA-1. */
function toAvatar(text: string | null | undefined): Avatar | undefined {
  const image = text ? readAvatar(text) : undefined;
  return image && { hash: createHash('sha1').update(image).digest('hex'), image: toDataUri(image) };
}

async function orAbsent(request: Promise<Element>): Promise<Element | undefined> {
  try {
    return await request;
  } catch (err) {
    if (isCondition(err, ...ABSENT)) return undefined;
    throw err;
  }
}
