import { isElsewhere, workingHome } from '../../domain/account/homes.ts';
import { changesAt } from '../../domain/friendship/access-places.ts';
import { tellingTime } from '../../domain/playing/told.ts';
import { NobodyThere, type Outlet } from '../../outlet/outlet.ts';
import type { ComponentConfig } from '../../runtime/config/component-config.ts';
import type { With } from '../context.ts';
import { NoAccount, type XmppServer } from '../server/server.ts';
import { NODES } from './nodes.ts';
import { publish } from './publish.ts';

/** Milliseconds until a subscriber without an account on the server is looked at again. */
const NO_ACCOUNT = 60_000;

type OutletContext = Pick<With<'nodes'>, 'nodes' | 'echoes' | 'metrics' | 'home'> & Pick<XmppServer, 'lapses'>;

/**
 * The subscribers' own accounts on the XMPP server: in their PEP nodes, to those of their contacts who may see it.
 * `published`: hears for whom something was.
 */
export function createXmppOutlet(
  context: OutletContext & { published?: (jid: string) => void },
  { publishInterval }: Pick<ComponentConfig, 'publishInterval'>,
): Outlet {
  return {
    name: 'xmpp',
    reach: 'each-friend',
    // Who has still to leave an account here is shown nowhere before the next home begins.
    addressOf: ({ jid, leavesHome }) => (leavesHome === undefined ? jid : undefined),
    isElsewhere: (subscriber) => isElsewhere(context.home, workingHome(subscriber)),
    async show(jid, playing) {
      await ofAccount(publish(context, jid, playing?.tune));
      context.published?.(jid);
      return {};
    },
    places: NODES,
    forgets: context.lapses !== undefined,
    async admit(jid, changes) {
      for (const node of NODES) {
        const own = changesAt(node, changes);
        if (own.length > 0) await ofAccount(context.nodes.setAccess(jid, node.name, own));
      }
    },
    pace: (told, wanted) => tellingTime(told, wanted?.tune, publishInterval),
    retry: (err) => (err instanceof NobodyThere ? NO_ACCOUNT : undefined),
  };
}

/** @throws NobodyThere */
async function ofAccount(request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (err) {
    throw err instanceof NoAccount ? new NobodyThere('the subscriber has no account on the XMPP server') : err;
  }
}
