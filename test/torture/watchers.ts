import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { eventually } from '../support/eventually.ts';
import type { TestStack } from '../support/servers/own-stack.ts';
import { connectFriend, type FriendClient } from '../support/xmpp/friend-client.ts';
import type { Someone } from './crowd.ts';

const PUBSUB = 'http://jabber.org/protocol/pubsub';
const TUNE = 'http://jabber.org/protocol/tune';

/** A title, whose it was, and which login of the listener heard it. */
export type Heard = { login: number; from: string; title: string };

/** The XMPP clients of the crowd. */
export type Watchers = {
  /** Whoever is there leaves, and everybody comes anew. */
  comeAnew(people: readonly Someone[]): Promise<void>;
  of(one: Someone): FriendClient;
  /** Every title of somebody else that any client of that person has ever heard. */
  heard(one: Someone): readonly Heard[];
  /** That client deletes the roster item of the other, until it is gone. */
  refuse(one: Someone, other: Someone): Promise<void>;
  leave(): Promise<void>;
};

export function createWatchers(stack: TestStack): Watchers {
  let clients = new Map<Someone, FriendClient>();
  let come = 0;
  const before = new Map<Someone, Heard[]>();

  /** One's own are told as well. */
  const heardBy = (one: Someone, client: FriendClient | undefined): Heard[] =>
    (client?.tunes ?? []).flatMap(({ from, tune: { title } }) =>
      from === one.jid || title === undefined ? [] : [{ login: come, from, title }],
    );

  async function leave(): Promise<void> {
    for (const [one, client] of clients) before.set(one, [...(before.get(one) ?? []), ...heardBy(one, client)]);
    await Promise.all([...clients.values()].map((client) => client.leave().catch(() => {})));
    clients = new Map();
  }

  return {
    async comeAnew(people) {
      await leave();
      come += 1;
      for (const one of people) clients.set(one, await connectFriend(stack, one));
    },
    of: (one) => clients.get(one) as FriendClient,
    heard: (one) => [...(before.get(one) ?? []), ...heardBy(one, clients.get(one))],
    refuse: (one, other) =>
      eventually(async () => {
        const client = clients.get(one) as FriendClient;
        const { jid } = other;
        if ((await client.roster()).every((item) => item.jid !== jid)) return;
        await client.setItem({ jid, subscription: 'remove' });
      }),
    leave,
  };
}

/** The title that the server shows that client when it asks for the tune of somebody else (XEP-0060, section 6.5). */
export async function titleAskedFor({ xmpp }: FriendClient, jid: string): Promise<string | undefined> {
  const items = xml('pubsub', { xmlns: PUBSUB }, xml('items', { node: TUNE }));
  const answer: Element | undefined = await xmpp.iqCaller.request(xml('iq', { type: 'get', to: jid }, items)).catch(
    // It is told nothing.
    (err: { condition?: string }) => {
      if (err.condition === undefined) throw err;
      return undefined;
    },
  );
  const item = answer?.getChild('pubsub', PUBSUB)?.getChild('items')?.getChild('item');
  return item?.getChild('tune', TUNE)?.getChildText('title') ?? undefined;
}
