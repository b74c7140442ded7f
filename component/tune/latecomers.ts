import { shownBy } from '../../domain/playing/told.ts';
import { sideBySide } from '../../runtime/batches.ts';
import type { Context } from '../context.ts';
import type { MeetingAbility, XmppServer } from '../server/server.ts';
import { NODES } from './nodes.ts';

/** Shows what plays to friends who come later, on a server that does not do so by itself. */
export type Latecomers = {
  /** That user's client has come online. */
  appeared(jid: string): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
};

const IN_FLIGHT = 4;

/** `server`: what there is now. */
export function createLatecomers(
  { stores, log }: Pick<Context, 'stores' | 'log'>,
  server: () => XmppServer | undefined,
): Latecomers {
  const underWay = new Set<Promise<void>>();

  async function showAll(jid: string, nodes: XmppServer['nodes']): Promise<void> {
    const id = await stores.subscribers.idOfJid(jid);
    if (id === undefined) return;
    const friends = await stores.friends.list(id);
    const told = await stores.told.ofEach(
      friends.map((friend) => friend.id),
      'xmpp',
    );
    // Of whom it is not known something may be on its way.
    const playing = friends.filter((_, i) => told[i] && shownBy(told[i]) !== '');
    const { failure } = await sideBySide(playing, IN_FLIGHT, (friend) => show(nodes, friend.jid, jid));
    if (failure) throw failure.reason;
  }

  return {
    appeared(jid) {
      const nodes = server()?.nodes;
      if (!nodes?.showTo) return;
      const work = showAll(jid, nodes)
        .catch((err: unknown) => log.warn({ err }, 'somebody who came online is not shown what friends play'))
        .finally(() => underWay.delete(work));
      underWay.add(work);
    },
    async stop() {
      await Promise.all(underWay);
    },
  };
}

/** Meetings at which new friends see what the other plays, whatever the server does of that by itself. */
export function meetingsWithTunes({
  meetings,
  nodes,
}: Pick<XmppServer, 'meetings' | 'nodes'>): MeetingAbility | undefined {
  if (!meetings || !nodes?.showTo) return meetings;
  return {
    ...meetings,
    async introduce(a, b) {
      await meetings.introduce(a, b);
      await show(nodes, a, b);
      await show(nodes, b, a);
    },
  };
}

async function show(nodes: XmppServer['nodes'], jid: string, contact: string): Promise<void> {
  for (const { name } of NODES) await nodes?.showTo?.(jid, name, contact);
}
