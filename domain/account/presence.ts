/** One connected client of a subscriber (RFC 6121, section 4.7). */
export type Resource = { resource: string; show: Show; status: string; priority: number };

/** How available a client says it is: `<show/>` (RFC 6121, section 4.7.2.1), and `available` where it says nothing. */
export type Show = 'available' | 'away' | 'chat' | 'dnd' | 'xa';

const SHOWS: readonly Show[] = ['available', 'away', 'chat', 'dnd', 'xa'];

/** What of that a friend is shown: `dnd` is `busy`, `xa` is `away`. */
export type Availability = 'online' | 'away' | 'busy' | 'offline';

/** What a friend sees: online or not, how available, and the signature, all of the client with the highest priority. */
export type Online = { online: boolean; availability: Availability; status: string | null };

const OFFLINE: Online = { online: false, availability: 'offline', status: null };

const AVAILABILITY: Readonly<Record<Show, Availability>> = {
  available: 'online',
  chat: 'online',
  away: 'away',
  xa: 'away',
  dnd: 'busy',
};

/** Undefined for any other text. */
export function showOf(text: string): Show | undefined {
  return SHOWS.find((one) => one === text);
}

/**
 * What friends are shown of all clients of an account: that of the highest priority counts (RFC
 * 6121, section 4.7.2.3).
 */
export function onlineOf(resources: readonly Resource[]): Online {
  const best = resources.reduce<Resource | undefined>((a, b) => (a && a.priority >= b.priority ? a : b), undefined);
  if (!best) return OFFLINE;
  return { online: true, availability: AVAILABILITY[best.show], status: best.status === '' ? null : best.status };
}

/** Whether friends see no difference. */
export function sameOnline(a: Online, b: Online): boolean {
  return a.online === b.online && a.availability === b.availability && a.status === b.status;
}
