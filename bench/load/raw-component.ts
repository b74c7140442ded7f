import { createHash } from 'node:crypto';
import type { Stack } from '../../local/stack/stack.ts';
import { createScanner, openTextStream } from './text-stream.ts';
import type { TestTune } from './tunes.ts';

export type RawComponent = Awaited<ReturnType<typeof connectRawComponent>>;

/**
 * How a server lets a component publish for its users: by XEP-0356; the same with the account's domain in upper case within, which
 * ejabberd 24 asks for; or by sending as the user, which nobody answers (ejabberd 23).
 */
export type PublishForm = 'privileged' | 'privileged, in upper case' | 'as the user';

/** Where a component finds the private XMPP server. */
export function componentPlace(stack: Stack) {
  const { componentPort, componentDomain, componentSecret } = stack.server();
  return { port: componentPort, domain: componentDomain, secret: componentSecret };
}

/**
 * The baseline: a component stream (XEP-0114) that sends prepared stanzas and does nothing else. Earshot's own component
 * must be down, as Prosody takes one connection for each component.
 */
export async function connectRawComponent(
  { port, domain, secret }: ReturnType<typeof componentPlace>,
  form: PublishForm = 'privileged',
) {
  const stream = await openTextStream(port);
  const pending = new Map<string, { resolve(): void; reject(error: Error): void }>();
  let counter = 0;
  const header = await stream.ask(
    `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='${domain}'>`,
    /<stream:stream[^>]*>/,
  );
  const [, id] = / id=['"]([^'"]+)/.exec(header) ?? [];
  const digest = createHash('sha1').update(`${id}${secret}`).digest('hex');
  await stream.ask(`<handshake>${digest}</handshake>`, /<handshake\/>|<handshake>/);
  stream.onText(createScanner(/<iq ([^>]*)>/g, ([, attributes]) => answered(attributes ?? '')));
  stream.onEnd((error) => {
    for (const { reject } of pending.values()) reject(error);
  });

  /** An error's id may be that of the inner IQ, so any error fails everything that waits. */
  function answered(attributes: string): void {
    if (/type=['"]error/.test(attributes)) {
      for (const { reject } of pending.values()) reject(new Error(`The server answered an error: ${attributes}`));
      return;
    }
    const [, answeredId] = /(?:^| )id=['"]([^'"]+)/.exec(attributes) ?? [];
    pending.get(answeredId ?? '')?.resolve();
    pending.delete(answeredId ?? '');
  }

  function ask(type: 'get' | 'set', jid: string, child: string): Promise<void> {
    counter += 1;
    const iqId = `bench-${counter}`;
    return new Promise((resolve, reject) => {
      pending.set(iqId, { resolve, reject });
      stream.write(`<iq type='${type}' id='${iqId}' from='${domain}' to='${jid}'>${child}</iq>`);
    });
  }

  const set = (jid: string, child: string) => ask('set', jid, child);
  const written = (jid: string) => (form === 'privileged' ? jid : inUpperCase(jid));

  async function sendAs(jid: string, child: string): Promise<void> {
    counter += 1;
    stream.write(`<iq type='set' id='bench-${counter}' from='${jid}/bench' to='${jid}'>${child}</iq>`);
  }

  return {
    /** A publish for a user (XEP-0356, XEP-0118); settles with the server's answer, where there is one. */
    publish: (jid: string, tune: TestTune) =>
      form === 'as the user'
        ? sendAs(jid, tunePublish(tune))
        : set(jid, wrapped('set', jid, written(jid), tunePublish(tune))),
    /** The user's last activity (XEP-0012), asked as the user, of which nothing is kept. */
    readActivity: (jid: string) =>
      ask('get', jid, wrapped('get', jid, written(jid), `<query xmlns='jabber:iq:last'/>`)),
    /** Stores one roster item as `both`. */
    setRosterItem: (jid: string, item: { jid: string; name: string }) =>
      set(
        jid,
        `<query xmlns='jabber:iq:roster'><item jid='${item.jid}' subscription='both' name='${item.name}'/></query>`,
      ),
    /** Settles when the roster has come, of which nothing is kept. */
    readRoster: (jid: string) => ask('get', jid, "<query xmlns='jabber:iq:roster'/>"),
    /** Takes back a subscription request of `from` that may be pending at `jid` (RFC 6121, section 3.3); nothing answers. */
    withdrawRequest: (from: string, jid: string) =>
      stream.write(`<presence type='unsubscribe' from='${from}' to='${jid}'/>`),
    close: stream.close,
  };
}

/** XEP-0356, section 6. `written`: how the account is named within. */
function wrapped(type: 'get' | 'set', jid: string, written: string, child: string): string {
  return `<privileged_iq xmlns='urn:xmpp:privilege:2'><iq xmlns='jabber:client' type='${type}' id='x' from='${jid}' to='${written}'>${child}</iq></privileged_iq>`;
}

function inUpperCase(jid: string): string {
  const at = jid.lastIndexOf('@');
  return `${jid.slice(0, at)}${jid.slice(at).toUpperCase()}`;
}

function tunePublish({ title, artist, source, length }: TestTune): string {
  const tune = `<artist>${artist}</artist><length>${length}</length><source>${source}</source><title>${title}</title>`;
  return (
    `<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='http://jabber.org/protocol/tune'><item id='current'>` +
    `<tune xmlns='http://jabber.org/protocol/tune'>${tune}</tune></item></publish></pubsub>`
  );
}
