import { setTimeout as sleep } from 'node:timers/promises';
import { bareOf, domainOf, resourceOf } from '../../domain/account/jid.ts';
import { onlineOf, type Resource, sameOnline, showOf } from '../../domain/account/presence.ts';
import { isRedisAway } from '../../runtime/redis/redis.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { Context } from '../context.ts';
import type { Snapshot } from '../server/server.ts';
import type { Element } from '../stream/xml.ts';
import { createRollCall, shown } from './roll-call.ts';

/** Keeps in the stores who is online, as the server tells it. */
export type PresenceTracker = {
  /** A presence that the server passed on (XEP-0356, section 7). */
  receive(stanza: Element): void;
  /** The clients of one user that are known to be online. */
  of(jid: string): Resource[];
  /** Writes what is known of one user: for somebody who has just become a subscriber or a friend. */
  sync(jid: string): Promise<void>;
  /** Looks at once who is online, and from now on regularly, where the server does not tell everything by itself. */
  follow(snapshot: Snapshot): Promise<void>;
  /** The stream is gone: nothing is known until the server tells everything anew. */
  forget(): void;
  /** The stream is there: whom the server does not name within five seconds is offline. */
  settle(): void;
  stop(): Promise<void>;
};

/** Clients of one account that are kept: those with the highest priorities, which alone are shown. */
export const MOST_CLIENTS = 20;
/** Milliseconds that the server has to repeat who is online. */
const SETTLING = 5_000;
/** Milliseconds until what Redis refused is written again. */
const AGAIN = 500;

/**
 * Who of the home host is online. Everybody is known here; only subscribers are written to the store. `appeared`: hears of each client that
 * comes; where the server does not tell of all that leave, of each presence, as a client of the same name may be another one.
 */
export function createPresenceTracker(
  context: Context,
  homeHost: string,
  appeared: (jid: string) => void = () => {},
): PresenceTracker {
  const { log } = context;
  const known = new Map<string, Map<string, Resource>>();
  const changed = new Set<string>();
  let following = false;
  let flushing: Promise<void> | undefined;
  let settling: NodeJS.Timeout | undefined;
  let stopped = false;

  async function write(jid: string): Promise<void> {
    const resources = [...(known.get(jid)?.values() ?? [])];
    const id = await context.stores.subscribers.idOfJid(jid);
    if (id === undefined) return;
    const [before] = await context.stores.presences.of([jid]);
    await context.stores.presences.write(jid, resources);
    if ((before ?? []).length === 0 || resources.length === 0) await context.stores.hearing.note(id, context.now());
    if ((before ?? []).length === 0 && resources.length > 0) await listenSoon(id);
    if (!sameOnline(onlineOf(before ?? []), onlineOf(resources)))
      await context.stores.events.tell(id, { what: 'presence' });
  }

  /** Many who came by an import are listened to one after the other; who may play something is not kept waiting. */
  async function listenSoon(id: string): Promise<void> {
    const { stores, queues, now } = context;
    if (await stores.listening.hasten(id, now())) await wake(queues, 'arrived', [id]);
  }

  function flush(): void {
    flushing ??= writeChanged().finally(() => {
      flushing = undefined;
      if (changed.size > 0) flush();
    });
  }

  async function writeChanged(): Promise<void> {
    for (const jid of changed) {
      changed.delete(jid);
      await write(jid).catch(async (err: unknown) => {
        log.warn({ err }, 'presence not written');
        if (stopped || !isRedisAway(err)) return;
        changed.add(jid);
        await sleep(AGAIN);
      });
    }
  }

  function receive(stanza: Element): void {
    const from = stanza.attrs.from ?? '';
    const jid = bareOf(from);
    const type = stanza.attrs.type;
    if (domainOf(jid) !== homeHost || (type !== undefined && type !== 'unavailable')) return;
    const resources = known.get(jid) ?? new Map<string, Resource>();
    if (type === undefined && (following || !resources.has(resourceOf(from)))) appeared(jid);
    if (type === 'unavailable') resources.delete(resourceOf(from));
    else resources.set(resourceOf(from), toResource(resourceOf(from), stanza));
    if (resources.size > MOST_CLIENTS) resources.delete(least([...resources.values()]).resource);
    rollCall.heard(jid);
    note(jid, resources);
  }

  function note(jid: string, resources: Map<string, Resource>): void {
    if (resources.size === 0) known.delete(jid);
    else known.set(jid, resources);
    changed.add(jid);
    flush();
  }

  const rollCall = createRollCall({
    known,
    note,
    isSubscriber: async (jid) => (await context.stores.subscribers.idOfJid(jid)) !== undefined,
    found: appeared,
    failed: (err) => log.warn({ err }, 'it could not be seen who is online'),
  });

  async function forgetSilent(): Promise<void> {
    for (const jid of await context.stores.presences.online())
      if (domainOf(jid) === homeHost && !known.has(jid)) changed.add(jid);
    flush();
  }

  function settle(): void {
    clearTimeout(settling);
    const mine = setTimeout(() => {
      void forgetSilent().catch((err: unknown) => {
        log.warn({ err }, 'presence not settled');
        if (settling === mine) settle();
      });
    }, SETTLING);
    settling = mine;
  }

  return {
    receive,
    of: (jid) => [...(known.get(jid)?.values() ?? [])],
    async follow(snapshot) {
      clearTimeout(settling);
      settling = undefined;
      following = true;
      await rollCall.begin(snapshot);
      await forgetSilent();
    },
    sync: (jid) => (known.has(jid) ? write(jid) : Promise.resolve()),
    forget() {
      clearTimeout(settling);
      settling = undefined;
      following = false;
      rollCall.end();
      known.clear();
    },
    settle,
    async stop() {
      stopped = true;
      clearTimeout(settling);
      settling = undefined;
      rollCall.end();
      await flushing;
    },
  };
}

/** The one that would be shown last. */
function least(resources: readonly Resource[]): Resource {
  return resources.reduce((a, b) => (b.priority < a.priority ? b : a));
}

function toResource(resource: string, stanza: Element): Resource {
  const show = showOf(stanza.getChildText('show') ?? '') ?? 'available';
  const priority = Number.parseInt(stanza.getChildText('priority') ?? '0', 10);
  const status = stanza.getChildText('status') ?? '';
  return shown({ resource, show, status, priority: Number.isInteger(priority) ? priority : 0 });
}
