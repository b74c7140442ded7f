import type { RosterItem } from '../../../domain/friendship/roster.ts';
import { ApiRefusal, type CallApi, partsOf } from './api.ts';

/** What the HTTP API writes into rosters. ejabberd takes no subscription by the roster right of XEP-0356. */
export type ApiRosters = {
  set(jid: string, item: RosterItem): Promise<void>;
  /** `before`: the item as it was read. */
  remove(jid: string, itemJid: string, before: RosterItem | undefined): Promise<void>;
};

/** How ejabberd 23 has several groups in one text. */
const BETWEEN_GROUPS = ';';
const BAD_REQUEST = 400;

/** By the commands `add_rosteritem` and `delete_rosteritem`, on any version of ejabberd. */
export function createApiRosters(call: CallApi): ApiRosters {
  // ejabberd 23 takes the groups as one text, later ones as a list, and each refuses the other's word.
  let groupsListed = true;

  async function add(args: Record<string, string>, groups: readonly string[]): Promise<void> {
    await call('add_rosteritem', {
      ...args,
      ...(groupsListed ? { groups } : { group: groups.join(BETWEEN_GROUPS) }),
    });
  }

  async function set(jid: string, { jid: itemJid, name, groups, subscription }: RosterItem): Promise<void> {
    const args = { ...both(jid, itemJid), nick: name, subs: subscription };
    const listed = groupsListed;
    try {
      await add(args, groups);
    } catch (err) {
      if (!(err instanceof ApiRefusal) || err.status !== BAD_REQUEST) throw err;
      groupsListed = !listed;
      await add(args, groups);
    }
  }

  return {
    set,
    /** First to `none`: an item with a subscription would take the other's with it, which is the affair of the other end. */
    async remove(jid, itemJid, before) {
      if (before && before.subscription !== 'none') await set(jid, { ...before, subscription: 'none' });
      await call('delete_rosteritem', both(jid, itemJid));
    },
  };
}

/** An item of a roster, as the commands name it. */
export function both(jid: string, itemJid: string): Record<string, string> {
  const [local, { user, host }] = [partsOf(jid), partsOf(itemJid)];
  return { localuser: local.user, localhost: local.host, user, host };
}
