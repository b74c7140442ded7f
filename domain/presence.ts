/** One connected client of a subscriber (RFC 6121, section 4.7). */
export type Resource = { resource: string; show: Show; status: string; priority: number };

export type Show = 'available' | 'away' | 'chat' | 'dnd' | 'xa';

/** What a friend sees: online or not, and the signature of the client with the highest priority. */
export type Online = { online: boolean; status: string | null };

export function onlineOf(resources: readonly Resource[]): Online {
  const best = resources.reduce<Resource | undefined>((a, b) => (a && a.priority >= b.priority ? a : b), undefined);
  return best ? { online: true, status: best.status === '' ? null : best.status } : { online: false, status: null };
}

export function sameOnline(a: Online, b: Online): boolean {
  return a.online === b.online && a.status === b.status;
}
