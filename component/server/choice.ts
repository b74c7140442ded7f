import type { ComponentConfig } from '../../runtime/config/component-config.ts';
import type { Connection } from './kind.ts';
import type { ServersConfig } from './kinds.ts';
import { unprivileged } from './none.ts';
import type { Rights } from './privileges.ts';
import type { Ability, XmppServer } from './server.ts';
import { askSoftware, type Software } from './software.ts';
import { tryAbilities } from './trial.ts';

/**
 * `found`: what there is. `server`: what the jobs work with; undefined when they have to wait for what lacks. `untried`: why
 * it is believed what the server says of itself, with what to do about it.
 */
export type Choice = { found: XmppServer; server: XmppServer | undefined; untried?: string };

/**
 * Chooses the adapter; nothing else does. A server that grants some of the needed abilities and
 * lacks others is used as if it granted none, because rosters without nodes, for example, would not
 * fit together (decision 74). @throws Fault UNAVAILABLE when the server does not say what it is
 */
export function createChoice(
  connection: Connection,
  { privileges, servers }: Pick<ComponentConfig, 'privileges'> & ServersConfig,
): (rights: Rights) => Promise<Choice> {
  const { log } = connection;
  let trying = false;
  /** What the trial sees is its own affair: nothing was done for anybody yet. */
  function distrust(ability: Ability): void {
    if (!trying) connection.distrust(ability);
  }
  const kinds = servers.map(({ recognises, adapt }) => ({
    recognises,
    serverWith: adapt({ ...connection, distrust }),
  }));

  function find(software: Software, rights: Rights): XmppServer {
    const kind = kinds.find(({ recognises }) => recognises(software));
    if (!kind) throw new Error('no kind of server takes every software');
    return kind.serverWith(rights);
  }

  /** The server as it is seen to be, where it has granted all that is needed. */
  async function tried(found: XmppServer): Promise<Pick<Choice, 'found' | 'untried'>> {
    if (found.lacks.length > 0) return { found };
    trying = true;
    try {
      const lacks = await tryAbilities(found, connection);
      if (lacks) return { found: { ...found, lacks } };
      const untried = `what the XMPP server does is not tried out before users need it. ${found.advice(['accounts'])}`;
      log.warn(untried);
      return { found, untried };
    } finally {
      trying = false;
    }
  }

  return async (rights) => {
    const { found, ...more } = await tried(find(await askSoftware(connection.stream, connection.homeHost), rights));
    if (found.lacks.length === 0) return { found, server: found, ...more };
    return { found, server: privileges === 'optional' ? unprivileged(found) : undefined };
  };
}
