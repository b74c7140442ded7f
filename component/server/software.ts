// XEP-0030: Service Discovery, version 2.5.0 (https://xmpp.org/extensions/xep-0030.html), section 3.1; XEP-0092: Software Version
import { untilHeard } from '../stream/ping.ts';
import { StanzaError } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, xml } from '../stream/xml.ts';

/** What the home host says of itself: names of its software. Undefined: it drops what a component asks it, and answers pings to a resource of it. */
export type Software = readonly string[] | undefined;

const DISCO = 'http://jabber.org/protocol/disco#info';
const VERSION = 'jabber:iq:version';

/** Asks the host what it is. @throws Fault UNAVAILABLE when it answers nothing at all */
export async function askSoftware(stream: Stream, homeHost: string): Promise<Software> {
  const asked = Promise.all([DISCO, VERSION].map((about) => askAbout(stream, homeHost, about)));
  // Nobody waits for what comes too late.
  asked.catch(() => {});
  // What is asked on one stream is answered in its order; twice, as an answer may take a turn more.
  const silent = ping(stream, homeHost).then(() => ping(stream, homeHost));
  const answers = await Promise.race([asked, silent]);
  return answers?.flatMap(namesIn);
}

/** Undefined where the answer is a no. */
function askAbout(stream: Stream, host: string, xmlns: string): Promise<Element | undefined> {
  return orRefused(stream.request(xml('iq', { type: 'get', to: host }, xml('query', { xmlns }))));
}

async function ping(stream: Stream, host: string): Promise<undefined> {
  await untilHeard(stream, host);
}

async function orRefused(request: Promise<Element>): Promise<Element | undefined> {
  try {
    return await request;
  } catch (err) {
    if (err instanceof StanzaError) return undefined;
    throw err;
  }
}

function namesIn(answer: Element | undefined): string[] {
  const identities = answer?.getChild('query', DISCO)?.getChildren('identity') ?? [];
  const version = answer?.getChild('query', VERSION)?.getChildText('name');
  return [...identities.map(({ attrs }) => attrs.name), version].flatMap((name) => name ?? []);
}
