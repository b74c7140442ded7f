// RFC 6121, section 3 (subscriptions) and 4 (presence), for an entity that everybody of the home host may have as a contact
import { bareOf, domainOf } from '../../domain/account/jid.ts';
import type { ComponentConfig } from '../../runtime/config/component-config.ts';
import { elapsed } from '../../runtime/elapsed.ts';
import type { Context } from '../context.ts';
import { capsElement } from '../disco/caps.ts';
import { pictureElement } from '../disco/vcard.ts';
import type { XmppServer } from '../server/server.ts';
import { untilHeard } from '../stream/ping.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, xml } from '../stream/xml.ts';

/** The users who have the component as a contact. Nobody keeps a list: their own rosters say so. */
export type Contacts = {
  /** There is another server, or none. */
  workWith(server: Pick<XmppServer, 'appearsAs'> | undefined): void;
  receive(presence: Element): void;
  /** Asks whether that user has the component as a contact, and if so is present there. */
  greet(jid: string): Promise<void>;
  /** That user is no subscriber any more: no answer to a greeting is waited for. */
  leave(jid: string): void;
  /** Greets every subscriber of the home; what they answer has been received when this is done. */
  greetAll(): Promise<void>;
  /** Whether a tune of that user may be one that the server only repeats, because the component has just appeared. */
  mayRepeat(jid: string): boolean;
  /** The stream is gone. */
  forget(): void;
};

/** Milliseconds after a presence in which the server repeats what it published last. */
const REPEATING = 5_000;

/** `info`: what the component answers to disco#info now; `now`: milliseconds. */
export function createContacts(
  context: Context,
  { domain, homeHost }: Pick<ComponentConfig, 'domain' | 'homeHost'>,
  stream: Pick<Stream, 'send' | 'request'>,
  info: () => Element,
  now = elapsed,
): Contacts {
  const { stores, log } = context;
  /** Who has not answered yet: subscribers of the home, as who leaves is not waited for. Not every server answers for who is away or has no such contact. */
  const greeted = new Set<string>();
  /** To whom, and when; the longest ago first, and nobody for longer than it counts. */
  const appeared = new Map<string, number>();
  let presentAs = domain;

  function noteAppeared(to: string): void {
    appeared.delete(to);
    appeared.set(to, now());
    for (const [other, at] of appeared) {
      if (now() - at < REPEATING) return;
      appeared.delete(other);
    }
  }

  function send(to: string, type?: string): Promise<void> {
    if (type === undefined) noteAppeared(to);
    const present = type === undefined ? [capsElement(info()), pictureElement()] : [];
    const from = type === undefined || type === 'unavailable' ? presentAs : domain;
    return stream.send(xml('presence', { from, to, type }, present));
  }

  /**
   * Sends `unavailable` and then `available`. A server sends the last published items only to who has just become available (XEP-0163, section 4.3);
   * whoever was available all along would get none.
   */
  async function appear(jid: string): Promise<void> {
    await send(jid, 'unavailable');
    await send(jid);
  }

  async function answer(jid: string, type: string | undefined): Promise<void> {
    // Users of other hosts have no business here.
    const local = domainOf(jid) === homeHost && jid !== homeHost;
    const isAnswer = greeted.delete(jid);
    if (type === 'subscribe' && !local) await send(jid, 'unsubscribed');
    if (!local) return;
    if (type === 'subscribe') {
      await send(jid, 'subscribed');
      await send(jid, 'subscribe');
      await send(jid);
    } else if (type === 'unsubscribe') {
      await send(jid, 'unsubscribed');
      await send(jid, 'unavailable');
    } else if (type === 'probe') await send(jid);
    else if (type === 'subscribed' || (isAnswer && (type === undefined || type === 'unavailable'))) await appear(jid);
  }

  async function greet(jid: string): Promise<void> {
    greeted.add(jid);
    await send(jid, 'probe');
  }

  return {
    workWith(server) {
      presentAs = server?.appearsAs === undefined ? domain : `${domain}/${server.appearsAs}`;
    },
    receive({ attrs }) {
      answer(bareOf(attrs.from ?? ''), attrs.type).catch((err: unknown) => log.warn({ err }, 'presence not answered'));
    },
    greet,
    leave: (jid) => void greeted.delete(jid),
    async greetAll() {
      for (let page = (await stores.roll.pages()) - 1; page >= 0; page -= 1) {
        const records = await stores.subscribers.records(await stores.roll.page(page));
        for (const record of records)
          if (record?.state === 'active' && domainOf(record.jid) === homeHost) await greet(record.jid);
      }
      await untilHeard(stream, homeHost);
    },
    mayRepeat(jid) {
      const at = appeared.get(jid);
      return at !== undefined && now() - at < REPEATING;
    },
    forget() {
      greeted.clear();
      appeared.clear();
    },
  };
}
