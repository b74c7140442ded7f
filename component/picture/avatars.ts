// XEP-0153: vCard-Based Avatars, version 1.1 (https://xmpp.org/extensions/xep-0153.html)
import { turnOf } from '../../domain/account/avatar.ts';
import { bareOf, domainOf } from '../../domain/account/jid.ts';
import { ownText } from '../../domain/text.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { Context } from '../context.ts';
import { Denied } from '../stream/denied.ts';
import type { Element } from '../stream/xml.ts';
import { fetchAvatar, type PictureSource } from './avatar.ts';

/** Follows the pictures that subscribers' own accounts publish. */
export type Avatars = {
  /** A presence, which may announce another avatar. */
  receive(presence: Element): void;
  /** The `avatar` job: looks at the avatar of a subscriber's account. */
  look(source: PictureSource, id: string): Promise<void>;
  /** The same where there is no right to look. */
  wait(id: string): Promise<void>;
  /** The stream is gone: the server will tell everything anew. */
  forget(): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
};

const UPDATE = 'vcard-temp:x:update';
/** Characters of a digest; more is none. */
const LONGEST_HINT = 64;
/** Milliseconds until it is tried again on a server that refused, or has granted no rights. */
const REFUSED = 600_000;

/** Keeps the pictures that subscribers' own accounts publish. */
export function createAvatars(context: Context, homeHost: string): Avatars {
  const { stores, queues, log, now } = context;
  const announced = new Map<string, string>();
  const changed = new Set<string>();
  let flushing: Promise<void> | undefined;

  function announce(presence: Element): void {
    const jid = bareOf(presence.attrs.from ?? '');
    if (domainOf(jid) !== homeHost) return;
    if (presence.attrs.type === 'unavailable') announced.delete(jid);
    const hint = hintOf(presence);
    if (hint === undefined || announced.get(jid) === hint) return;
    announced.set(jid, hint);
    changed.add(jid);
    flushing ??= tellChanged().finally(() => {
      flushing = undefined;
    });
  }

  async function tellChanged(): Promise<void> {
    for (const jid of changed) {
      changed.delete(jid);
      await tell(jid).catch((err: unknown) => {
        announced.delete(jid);
        log.warn({ err }, 'an avatar that was announced is not looked at');
      });
    }
  }

  async function tell(jid: string): Promise<void> {
    const id = await stores.subscribers.idOfJid(jid);
    const hint = announced.get(jid);
    if (id !== undefined && hint !== undefined && (await stores.avatars.ask(id, jid, hint, now())))
      await wake(queues, 'avatarAsked', [id]);
  }

  return {
    receive: announce,
    async look(source, id) {
      const [subscriber, known] = await Promise.all([stores.subscribers.record(id), stores.avatars.known(id)]);
      if (subscriber?.state !== 'active') return stores.due.settle('avatar', id, []);
      const { jid } = subscriber;
      const turn = turnOf(known.paid, now());
      if (turn.at > now()) return stores.due.postpone('avatar', id, turn.at);
      const before = known.jid === jid ? known.hash : undefined;
      try {
        const found = await fetchAvatar(source, jid, before);
        if (await stores.avatars.settle(id, jid, known, found, turn)) await stores.events.tell(id, { what: 'avatar' });
      } catch (err) {
        if (!(err instanceof Denied)) throw err;
        log.warn({ err, subject: id }, 'the avatar cannot be read');
        await stores.due.postpone('avatar', id, now() + REFUSED);
      }
    },
    wait: (id) => stores.due.postpone('avatar', id, now() + REFUSED),
    forget: () => announced.clear(),
    async stop() {
      await flushing;
    },
  };
}

/**
 * The digest that a presence announces, empty for no avatar; undefined when it says nothing (XEP-0153, section 3.2). For an avatar that was withdrawn
 * Prosody announces the id of the empty item, which is any text.
 */
function hintOf(presence: Element): string | undefined {
  if (presence.attrs.type !== undefined) return undefined;
  const hint = presence.getChild('x', UPDATE)?.getChild('photo')?.getText().trim().toLowerCase();
  return hint === undefined ? undefined : ownText(hint.slice(0, LONGEST_HINT));
}
