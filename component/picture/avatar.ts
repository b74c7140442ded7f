// XEP-0084: User Avatar, version 1.1.4 (https://xmpp.org/extensions/xep-0084.html)
// XEP-0054: vcard-temp, version 1.3.0 (https://xmpp.org/extensions/xep-0054.html)
import { createHash } from 'node:crypto';
import { readAvatar } from '../../domain/account/avatar.ts';
import { MAX_PHOTO_BYTES, toDataUri } from '../../domain/photo.ts';
import type { Avatar } from '../../store/account/avatars.ts';
import type { NodeAbility, VcardAbility } from '../server/server.ts';
import type { Element } from '../stream/xml.ts';

const METADATA = 'urn:xmpp:avatar:metadata';
const DATA = 'urn:xmpp:avatar:data';
/** Access models under which every contact may see a node (XEP-0060, section 4.5). */
const FOR_CONTACTS = ['open', 'presence'];
/** Where pictures are looked for; vCards where the server lets them be read. */
export type PictureSource = { nodes: NodeAbility; vcards: VcardAbility | undefined };

/**
 * The avatar that an account publishes for its contacts; `same` when it is the one with the digest `known`, undefined when there is none that can
 * be shown. Where no avatar is published, the photo of the vCard.
 * @throws Denied, Fault UNAVAILABLE
 */
export async function fetchAvatar(
  { nodes, vcards }: PictureSource,
  jid: string,
  known: string | undefined,
): Promise<Avatar | 'same' | undefined> {
  const metadata = await nodes.item(jid, METADATA);
  if (!metadata) return toAvatar((await vcards?.read(jid))?.getChild('PHOTO')?.getChildText('BINVAL'));
  const id = offered(metadata);
  if (id === undefined || !(await isForContacts(nodes, jid))) return undefined;
  if (id === known) return 'same';
  const data = await nodes.item(jid, DATA, id);
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

/**
 * Whether contacts may see the node. The component asks in the user's name, to which the server
 * shows all nodes; a picture that the user hides from contacts must not reach them through Earshot.
 */
async function isForContacts(nodes: NodeAbility, jid: string): Promise<boolean> {
  const models = await Promise.all([METADATA, DATA].map((node) => nodes.accessModel(jid, node)));
  return models.every((model) => model !== undefined && FOR_CONTACTS.includes(model));
}

/** XEP-0084 and XEP-0153 name an image by its SHA-1. */
function toAvatar(text: string | null | undefined): Avatar | undefined {
  const image = text ? readAvatar(text) : undefined;
  return image && { hash: createHash('sha1').update(image).digest('hex'), image: toDataUri(image) };
}
