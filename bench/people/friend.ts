import { createHash } from 'node:crypto';
import type { Stack } from '../../local/stack/stack.ts';
import { createScanner, openTextStream } from '../load/text-stream.ts';

/** Where a host’s clients log in. */
export type ClientPlace = { xmpp: Pick<Stack['xmpp'], 'port' | 'domain'> };
type Account = { jid: string; password: string };
export type Friend = Awaited<ReturnType<typeof connectFriend>>;

const FEATURES = ['http://jabber.org/protocol/disco#info', 'http://jabber.org/protocol/tune+notify'];
const NODE = 'https://earshot.invalid/bench';

/** Logs in and binds; without presence, nobody sees it. */
async function logIn({ xmpp }: ClientPlace, { jid, password }: Account) {
  const stream = await openTextStream(xmpp.port);
  const plain = Buffer.from(`\0${jid.slice(0, jid.lastIndexOf('@'))}\0${password}`).toString('base64');
  const header = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${xmpp.domain}' version='1.0'>`;
  await stream.ask(header, /<\/stream:features>/);
  await stream.ask(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`, /<success/);
  await stream.ask(header, /<\/stream:features>/);
  await stream.ask(`<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`, /<jid>/);
  return stream;
}

/** Somebody who is online with a client that knows of no tunes. */
export async function goOnline(place: ClientPlace, account: Account) {
  const stream = await logIn(place, account);
  stream.write('<presence/>');
  await stream.ask(`<iq type='get' id='asked'><ping xmlns='urn:xmpp:ping'/></iq>`, /id=['"]asked['"]/);
  return { close: stream.close };
}

/**
 * A client that logs in, announces `tune+notify` (XEP-0115, XEP-0163) and tells the title of every tune it is sent. Settles when the
 * server sends it tunes.
 */
export async function connectFriend(place: ClientPlace, account: Account, heard: (title: string) => void) {
  const stream = await logIn(place, account);
  stream.onText(createScanner(/<title>([^<]*)<\/title>/g, ([, title]) => heard(title ?? '')));
  stream.onText(createScanner(/<iq ([^>]*)><query ([^>]*disco#info[^>]*)>/g, ([, iq, query]) => describe(iq, query)));

  function describe(iq = '', query = ''): void {
    const [, node] = / ?node=['"]([^'"]+)/.exec(query) ?? [];
    const features = FEATURES.map((feature) => `<feature var='${feature}'/>`).join('');
    stream.write(
      `<iq type='result' id='${attribute(iq, 'id')}' to='${attribute(iq, 'from')}'>` +
        `<query xmlns='http://jabber.org/protocol/disco#info' ${node ? `node='${node}'` : ''}>` +
        `<identity category='client' type='pc' name='bench'/>${features}</query></iq>`,
    );
  }

  stream.write(
    `<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='${NODE}' ver='${verification()}'/></presence>`,
  );
  // Before the first answer the server has asked for everybody what the client can do, before the second it has read that.
  for (const id of ['asked', 'answered'])
    await stream.ask(`<iq type='get' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`, new RegExp(`id=['"]${id}['"]`));
  return { close: stream.close };
}

function attribute(text: string, name: string): string {
  return new RegExp(`(?:^| )${name}=['"]([^'"]*)`).exec(text)?.[1] ?? '';
}

/** XEP-0115, section 5.1. */
function verification(): string {
  return createHash('sha1')
    .update(`client/pc//bench<${FEATURES.join('<')}<`)
    .digest('base64');
}
