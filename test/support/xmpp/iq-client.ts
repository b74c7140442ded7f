import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { startPatiently } from './patient-start.ts';
import { type ClientPlace, xmppClient } from './xmpp-client.ts';

const STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

/** What an IQ was answered with: `type`, the payload if there is one, and of an error its type, condition and text. */
export type IqAnswer = {
  payload: Element | undefined;
  error: { type: string; condition: string; text: string } | undefined;
};

export type IqClient = Awaited<ReturnType<typeof connectIq>>;

/** A client that asks the component, and shows answers as they come. */
export async function connectIq(server: ClientPlace, person: { jid: string; password: string }) {
  const xmpp = xmppClient(server, person);
  xmpp.on('error', () => {});
  await startPatiently(xmpp);
  let last = 0;
  const presences: Element[] = [];
  xmpp.on('stanza', (stanza: Element) => {
    if (stanza.is('presence')) presences.push(stanza);
  });

  async function ask(type: 'get' | 'set', payload: Element, to = `tune.${server.xmpp.domain}`): Promise<IqAnswer> {
    last += 1;
    const id = `iq-${last}`;
    const answer = new Promise<Element>((resolve) => {
      const take = (stanza: Element) => {
        if (!stanza.is('iq') || stanza.attrs.id !== id) return;
        xmpp.off('stanza', take);
        resolve(stanza);
      };
      xmpp.on('stanza', take);
    });
    await xmpp.send(xml('iq', { type, to, id }, payload));
    return toAnswer(await answer);
  }

  return {
    /** What has come, the first first. */
    presences,
    sendPresence: (attrs: Record<string, string> = {}) => xmpp.send(xml('presence', attrs)),
    get: (payload: Element, to?: string) => ask('get', payload, to),
    set: (payload: Element, to?: string) => ask('set', payload, to),
    leave: () => xmpp.stop(),
  };
}

function toAnswer(stanza: Element): IqAnswer {
  const error = stanza.getChild('error');
  const condition = error?.getChildElements().find((child) => child.name !== 'text' && child.attrs.xmlns === STANZAS);
  const payload = error ? undefined : stanza.getChildElements()[0];
  return {
    payload,
    error: error && {
      type: error.attrs.type ?? '',
      condition: condition?.name ?? '',
      text: error.getChildText('text') ?? '',
    },
  };
}
