/**
 * A place for one read. `crowdedOut`: the read is to end, as it is slow and there are too many slow
 * ones.
 */
export type SourceSlot = { crowdedOut: AbortSignal; end(): void };

/** Places for reads: a slow server keeps none that the others need (decision 104). */
export type SourceSlots = {
  /** A place for a read of that host; or `again`, the milliseconds after which to ask for one. */
  take(host: string): SourceSlot | { again: number };
};

/**
 * How many reads may be under way: of quick hosts, of slow hosts, and of one host, by whether its
 * last read was quick or slow.
 */
const MOST = { quick: 24, slow: 24 };
const MOST_OF_HOST = { quick: 4, slow: 1 };
/** Milliseconds after which a read is a slow one. */
const PATIENCE = 10_000;
/**
 * Milliseconds for which a read is put off: at least, at most, and how much longer than the one
 * that was put off before it.
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
 * use it. There are places for quick reads and for slow ones, and one host gets only a few of them.
 * A read that lasts longer than PATIENCE moves to a slow place, or ends when these are taken. From
 * then on its host has a slow place only, one read at a time, until a read of it was quick again.
 * So a host that answers finds a quick place within PATIENCE, whatever other hosts do. Nobody
 * queues: who finds no place is told when to ask again, the later the more were told so before.
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
 * What is known of the host. Beyond MOST_HOSTS those are forgotten that were asked for longest ago.
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
