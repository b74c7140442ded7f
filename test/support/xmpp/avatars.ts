import { createHash } from 'node:crypto';
import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';

const PUBSUB = 'http://jabber.org/protocol/pubsub';
const METADATA = 'urn:xmpp:avatar:metadata';
const DATA = 'urn:xmpp:avatar:data';

/** The requests by which a client publishes an avatar (XEP-0084, section 3.2). */
export type Published = { id: string; requests: Element[] };

/** `changes`: what a client should not do. `model`: who may see it. */
export function publishAvatar(
  image: Buffer,
  changes: { id?: string; text?: string; bytes?: number } = {},
  model = 'presence',
): Published {
  const { id = sha1(image), text = image.toString('base64'), bytes = image.length } = changes;
  const info = xml('info', { id, type: 'image/png', bytes: `${bytes}` });
  return {
    id,
    requests: [
      publish(DATA, id, xml('data', { xmlns: DATA }, text), model),
      publish(METADATA, id, xml('metadata', { xmlns: METADATA }, info), model),
    ],
  };
}

/** Publishing no avatar (XEP-0084, section 3.4). */
export function withdrawAvatar(): Element {
  return publish(METADATA, undefined, xml('metadata', { xmlns: METADATA }), 'presence');
}

/** XEP-0054. */
export function vcardWith(image: Buffer): Element {
  const photo = xml('PHOTO', {}, xml('TYPE', {}, 'image/png'), xml('BINVAL', {}, image.toString('base64')));
  return xml('vCard', { xmlns: 'vcard-temp' }, xml('FN', {}, 'Somebody'), photo);
}

/** A file that begins as a PNG does; nobody looks further. */
export function png(length: number, fill = 'x'): Buffer {
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(length - 8, fill)]);
}

export function pngUri(image: Buffer): string {
  return `data:image/png;base64,${image.toString('base64')}`;
}

export function sha1(image: Buffer): string {
  return createHash('sha1').update(image).digest('hex');
}

function publish(node: string, id: string | undefined, payload: Element, model: string): Element {
  const field = (name: string, value: string, type?: string) =>
    xml('field', type ? { var: name, type } : { var: name }, xml('value', {}, value));
  const form = xml(
    'x',
    { xmlns: 'jabber:x:data', type: 'submit' },
    field('FORM_TYPE', `${PUBSUB}#publish-options`, 'hidden'),
    field('pubsub#access_model', model),
  );
  const item = xml('item', id === undefined ? {} : { id }, payload);
  return xml('pubsub', { xmlns: PUBSUB }, xml('publish', { node }, item), xml('publish-options', {}, form));
}
