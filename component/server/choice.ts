import type { ComponentConfig } from '../../runtime/config/config.ts';
import type { Element } from '../stream/xml.ts';
import type { Connection, ServerKind } from './kind.ts';
import { unprivileged } from './none.ts';
import { prosody } from './prosody.ts';
import type { XmppServer } from './server.ts';

/** Every kind of server that Earshot knows. The first that recognises an announcement is taken; of one that announces nothing, the first. */
const KINDS: readonly ServerKind[] = [prosody];

/** `found`: what there is. `server`: what the jobs work with; undefined when they have to wait for what lacks. */
export type Choice = { found: XmppServer; server: XmppServer | undefined };

/**
 * Chooses the adapter; nothing else does. A server that grants some of the needed abilities and
 * lacks others is used as if it granted none, because rosters without nodes, for example, would not
 * fit together (decision 74). The choice is undefined for a message that announces nothing.
 */
export function createChoice(
  connection: Connection,
  { privileges }: Pick<ComponentConfig, 'privileges'>,
): (announcement: Element | undefined) => Choice | undefined {
  const kinds = KINDS.map((kind) => kind(connection));

  return (announcement) => {
    for (const recognise of kinds) {
      const found = recognise(announcement);
      if (!found) continue;
      if (found.lacks.length === 0) return { found, server: found };
      return { found, server: privileges === 'optional' ? unprivileged(connection, found) : undefined };
    }
    return undefined;
  };
}
