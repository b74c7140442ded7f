import type { Stores } from '../../store/stores.ts';
import type { NodeAbility } from '../server/server.ts';

/**
 * The same nodes, where no rights of the component's own are left in the account of somebody who has
 * left it. Such an account is emptied and opened while the component ceases to listen, or after it.
 */
export function withNothingLeft(nodes: NodeAbility, { subscribers }: Pick<Stores, 'subscribers'>): NodeAbility {
  const { release } = nodes;
  if (!release) return nodes;

  async function isLeft(jid: string): Promise<boolean> {
    const id = await subscribers.idOfJid(jid);
    const subscriber = id === undefined ? undefined : await subscribers.get(id);
    return subscriber?.jid !== jid;
  }

  async function releaseIfLeft(jid: string, node: string): Promise<void> {
    if (await isLeft(jid)) await release?.(jid, node);
  }

  return {
    ...nodes,
    async publish(jid, node, payload) {
      await nodes.publish(jid, node, payload);
      // What shows something in an account that was left is followed by what takes it away.
      if (payload.getChildElements().length === 0) await releaseIfLeft(jid, node);
    },
    async setAccess(jid, node, changes) {
      await nodes.setAccess(jid, node, changes);
      await releaseIfLeft(jid, node);
    },
  };
}
