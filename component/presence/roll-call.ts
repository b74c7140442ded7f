import { bareOf, resourceOf } from '../../domain/account/jid.ts';
import type { Resource } from '../../domain/account/presence.ts';
import { cleanText, ownText } from '../../domain/text.ts';
import { sideBySide } from '../../runtime/batches.ts';
import type { Snapshot } from '../server/server.ts';

/** Compares what is known of presences with who is online, on a server that does not tell everything. */
export type RollCall = {
  /** Once at once, and then again and again. */
  begin(snapshot: Snapshot): Promise<void>;
  /** The server has just told of that user, which is newer than any comparison. */
  heard(jid: string): void;
  end(): void;
};

type Parts = {
  known: ReadonlyMap<string, ReadonlyMap<string, Resource>>;
  note(jid: string, resources: Map<string, Resource>): void;
  isSubscriber(jid: string): Promise<boolean>;
  found(jid: string): void;
  failed(err: unknown): void;
};

/** Milliseconds after which a client that was cut off is noticed. */
const INTERVAL = 30_000;
const IN_FLIGHT = 4;
const LONGEST_STATUS = 1024;

/** A client's presence with what friends may be shown of its words. */
export function shown({ status, ...resource }: Resource): Resource {
  return { ...resource, status: ownText(cleanText(status).slice(0, LONGEST_STATUS)) };
}

/** Compares what the server says with the presences that are `known`. `note`: is given what differs; `found`: hears of those who were there before it began, and of subscribers whose clients were not known; `failed`: a look that failed. */
export function createRollCall({ known, note, isSubscriber, found, failed }: Parts): RollCall {
  /** By the comparison that is under way; undefined where none is. */
  let heard: Set<string> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let round = 0;

  async function compare(snapshot: Snapshot, mine: number): Promise<void> {
    const meanwhile = new Set<string>();
    heard = meanwhile;
    await compareBut(meanwhile, snapshot, mine).finally(() => {
      if (heard === meanwhile) heard = undefined;
    });
  }

  /** `meanwhile`: of whom the server has told since it began. */
  async function compareBut(meanwhile: ReadonlySet<string>, snapshot: Snapshot, mine: number): Promise<void> {
    const online = byAccount(await snapshot.online());
    const isOld = (jid: string) => mine !== round || meanwhile.has(jid);
    for (const [jid, before] of known) {
      const left = [...before.values()].filter(({ resource }) => online.get(jid)?.has(resource));
      if (left.length < before.size && !isOld(jid)) note(jid, byResource(left));
    }
    const news = [...online].filter(([jid, resources]) => [...resources].some((one) => !known.get(jid)?.has(one)));
    const { failure } = await sideBySide(news, IN_FLIGHT, async ([jid, resources]) => {
      if (isOld(jid)) return;
      // Of other people nobody is told anything.
      const counts = await isSubscriber(jid);
      const clients = counts ? await snapshot.clients(jid) : [...resources].map(unseen);
      if (isOld(jid)) return;
      note(jid, byResource(clients.map(shown)));
      if (counts && clients.length > 0) found(jid);
    });
    if (failure) throw failure.reason;
  }

  function soon(snapshot: Snapshot, mine: number): void {
    timer = setTimeout(() => {
      void compare(snapshot, mine)
        .catch(failed)
        .finally(() => mine === round && soon(snapshot, mine));
    }, INTERVAL);
  }

  return {
    async begin(snapshot) {
      clearTimeout(timer);
      round += 1;
      const mine = round;
      // Who came before the component could do anything about it.
      for (const jid of known.keys()) found(jid);
      await compare(snapshot, mine);
      if (mine === round) soon(snapshot, mine);
    },
    heard: (jid) => void heard?.add(jid),
    end() {
      round += 1;
      clearTimeout(timer);
    },
  };
}

/** A client that nothing more is known of. */
function unseen(resource: string): Resource {
  return { resource, show: 'available', status: '', priority: 0 };
}

function byAccount(jids: readonly string[]): Map<string, Set<string>> {
  const accounts = new Map<string, Set<string>>();
  for (const jid of jids) {
    const bare = bareOf(jid);
    const resources = accounts.get(bare) ?? new Set();
    accounts.set(bare, resources.add(resourceOf(jid)));
  }
  return accounts;
}

function byResource(clients: readonly Resource[]): Map<string, Resource> {
  return new Map(clients.map((client) => [client.resource, client]));
}
