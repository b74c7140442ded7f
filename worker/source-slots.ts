/**
 * A place for one read. `crowdedOut`: the read is to end, as it is slow and there are too many slow
 * ones.
 */
export type SourceSlot = { crowdedOut: AbortSignal; end(): void };

export type SourceSlots = {
  /** A place for a read of that host; or `again`, the milliseconds after which to ask for one. */
  take(host: string): SourceSlot | { again: number };
};

/**
 * Reads at the same time: quick ones, slow ones, and those of one host that was quick, or slow, the
 * last time.
 */
const MOST = { quick: 24, slow: 24 };
const MOST_OF_HOST = { quick: 4, slow: 1 };
/** Milliseconds after which a read is a slow one. */
const PATIENCE = 10_000;
/**
 * Milliseconds: the shortest and the longest time for which a read is put off, and by how much each
 * is put off longer than the one before it.
 */
const SHORTEST = 1_000;
const LONGEST = 300_000;
const SPACING = { quick: 50, slow: 1_000 };
/** Hosts that are remembered; one that is forgotten is met like a new one. */
const MOST_HOSTS = 10_000;

type Kind = 'quick' | 'slow';
type Host = { kind: Kind; reads: number; putOff: number };

/**
 * Shares out the reads of network address books, so that a server that hangs costs only those who
 * use it. A host has a few places of the many that there are. A read that lasts for ten seconds
 * moves on to the places for slow ones, or ends when these are taken; and its host is read there,
 * one at a time, until a read of it is quick again. So a new host, or one that answers, finds a
 * place within these ten seconds, whatever others do. Nobody queues behind somebody else's server:
 * who finds no place is told when to ask again, the later the more were told before.
 */
export function createSourceSlots(): SourceSlots {
  const hosts = new Map<string, Host>();
  const taken = { quick: 0, slow: 0 };

  return {
    take(name) {
      const host = remembered(hosts, name);
      const { kind } = host;
      if (taken[kind] >= MOST[kind] || host.reads >= MOST_OF_HOST[kind]) {
        host.putOff += 1;
        return { again: Math.min(SHORTEST + host.putOff * SPACING[kind], LONGEST) * (0.75 + Math.random() / 2) };
      }
      host.putOff = Math.max(host.putOff - 1, 0);
      return occupy(host, taken);
    },
  };
}

function occupy(host: Host, taken: Record<Kind, number>): SourceSlot {
  const crowdedOut = new AbortController();
  let held = host.kind;
  let kind: Kind = 'quick';
  host.reads += 1;
  taken[held] += 1;
  const timer = setTimeout(() => {
    kind = 'slow';
    host.kind = 'slow';
    if (held === 'slow') return;
    if (taken.slow >= MOST.slow) return crowdedOut.abort();
    taken.quick -= 1;
    taken.slow += 1;
    held = 'slow';
  }, PATIENCE);
  return {
    crowdedOut: crowdedOut.signal,
    end() {
      clearTimeout(timer);
      host.kind = kind;
      host.reads -= 1;
      taken[held] -= 1;
    },
  };
}

/**
 * The host, now the one that was asked for last; of too many those go first that were asked for
 * longest ago.
 */
function remembered(hosts: Map<string, Host>, name: string): Host {
  const host = hosts.get(name) ?? { kind: 'quick', reads: 0, putOff: 0 };
  hosts.delete(name);
  hosts.set(name, host);
  for (const [oldest, { reads }] of hosts) {
    if (hosts.size <= MOST_HOSTS) break;
    if (reads === 0) hosts.delete(oldest);
  }
  return host;
}
