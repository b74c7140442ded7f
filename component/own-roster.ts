import type { RosterItem } from '../domain/roster.ts';
import type { Context } from './context.ts';
import { accountExists } from './pep.ts';
import { readRoster } from './roster-iq.ts';

/** Undefined when there is no such account; Prosody then says nothing at all. */
export async function rosterOf({ stream }: Context, jid: string): Promise<Map<string, RosterItem> | undefined> {
  try {
    return await readRoster(stream, jid);
  } catch (err) {
    if (await accountExists(stream, jid)) throw err;
    return undefined;
  }
}
