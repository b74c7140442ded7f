import { domainOf } from '../../domain/account/jid.ts';
import { shownBy, type Told } from '../../domain/playing/told.ts';
import { sideBySide } from '../../runtime/batches.ts';
import { createPlaces } from '../../runtime/places.ts';
import type { Context } from '../context.ts';
import type { MeetingAbility, XmppServer } from '../server/server.ts';
import { NODES } from './nodes.ts';

/** Shows what plays to friends who come later, on a server that does not do so by itself. */
export type Latecomers = {
  /** There is another server, or none. */
  workWith(server: Pick<XmppServer, 'nodes'> | undefined): void;
  /** That user's client has come online. */
  appeared(jid: string): void;
  /** A subscriber of another home has (decision 323). */
  appearedElsewhere(id: string): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
};

/** Friends whose tunes one who came online is shown side by side. */
const IN_FLIGHT = 4;
/** Of those who came online so many are greeted side by side, each for so many milliseconds before it keeps nobody waiting: a server names all at once when a connection begins. */
const GREETED = { most: 16, patience: 10_000 };
/** Milliseconds for which a client that was cut off may go on showing what has ended meanwhile. */
const LATELY = 3_600_000;

/** Nobody is shown anything before a server is there. */
export function createLatecomers(context: Pick<Context, 'stores' | 'log' | 'now' | 'home'>): Latecomers {
  const { stores, log, now, home } = context;
  let nodes: XmppServer['nodes'];
  const underWay = new Set<Promise<void>>();
  const inPlace = createPlaces(GREETED.most, GREETED.patience);
  let stopped = false;

  async function greet(jid: string): Promise<void> {
    const id = nodes?.showTo || home ? await stores.subscribers.idOfJid(jid) : undefined;
    if (id === undefined) return;
    await Promise.all([
      home && stores.latecomers.tell(home, id),
      nodes?.showTo && showAll(id, jid, domainOf(jid), nodes),
    ]);
  }

  async function greetFromElsewhere(id: string, shown: XmppServer['nodes']): Promise<void> {
    const subscriber = await stores.subscribers.record(id);
    if (subscriber && home) await showAll(id, subscriber.jid, home, shown);
  }

  /** What friends of that host play: for those of other homes nobody here can speak. */
  async function showAll(id: string, jid: string, host: string, shown: XmppServer['nodes']): Promise<void> {
    const friends = (await stores.friends.list(id)).filter((friend) => domainOf(friend.jid) === host);
    const told = await stores.told.ofEach(
      friends.map((friend) => friend.id),
      'xmpp',
    );
    const playing = friends.filter((_, i) => told[i] && hasPlayedLately(told[i], now()));
    const { failure } = await sideBySide(playing, IN_FLIGHT, (friend) => show(context, shown, friend.jid, jid));
    if (failure) throw failure.reason;
  }

  function begin(greeting: () => Promise<void>): void {
    const work = inPlace(async () => (stopped ? undefined : greeting()))
      .catch((err: unknown) => log.warn({ err }, 'somebody who came online is not shown what friends play'))
      .finally(() => underWay.delete(work));
    underWay.add(work);
  }

  return {
    workWith(server) {
      nodes = server?.nodes;
    },
    appeared: (jid) => begin(() => greet(jid)),
    appearedElsewhere(id) {
      const shown = nodes;
      if (shown?.showTo) begin(() => greetFromElsewhere(id, shown));
    },
    async stop() {
      stopped = true;
      await Promise.all(underWay);
    },
  };
}

/** Meetings at which new friends see what the other plays, whatever the server does of that by itself. */
export function meetingsWithTunes(
  context: Pick<Context, 'stores' | 'now'>,
  { meetings, nodes }: Pick<XmppServer, 'meetings' | 'nodes'>,
): MeetingAbility | undefined {
  if (!meetings || !nodes?.showTo) return meetings;
  return {
    ...meetings,
    async introduce(a, b) {
      await meetings.introduce(a, b);
      await show(context, nodes, a, b);
      await show(context, nodes, b, a);
    },
    async approach(jid, other) {
      await meetings.approach(jid, other);
      await show(context, nodes, jid, other);
    },
  };
}

/** Of whom it is not known something may be on its way. */
function hasPlayedLately(told: Told, now: number): boolean {
  return shownBy(told) !== '' || ('at' in told && told.at > now - LATELY);
}

/** Where nobody tells what a node holds, what Earshot has published there is told to all friends once more. */
async function show(
  { stores, now }: Pick<Context, 'stores' | 'now'>,
  nodes: XmppServer['nodes'],
  jid: string,
  contact: string,
): Promise<void> {
  for (const { name } of NODES) {
    if (!nodes?.showTo || (await nodes.showTo(jid, name, contact))) continue;
    const id = await stores.subscribers.idOfJid(jid);
    const [told] = id === undefined ? [] : await stores.told.ofEach([id], 'xmpp');
    if (id !== undefined && told?.state === 'told' && hasPlayedLately(told, now()))
      await stores.told.doubt(id, 'xmpp', [], now());
  }
}
