import type { RosterItem } from '../../domain/friendship/roster.ts';
import type { Context } from '../context.ts';
import { accountExists } from '../server/pep.ts';
import { readRoster } from '../server/roster-iq.ts';

/** Milliseconds after which it is asked whether there is an account at all. */
const DOUBT = 1_000;

/** Undefined when there is no such account; Prosody then says nothing at all. */
export async function rosterOf({ stream }: Context, jid: string): Promise<Map<string, RosterItem> | undefined> {
  try {
    return await readRoster(stream, jid, DOUBT);
  } catch {
    return (await accountExists(stream, jid)) ? readRoster(stream, jid) : undefined;
  }
}
