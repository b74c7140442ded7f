// XEP-0163: Personal Eventing Protocol, version 1.2.2 (https://xmpp.org/extensions/xep-0163.html), in users' names
import { isCondition } from '../stream/stanza-error.ts';
import { type Element, xml } from '../stream/xml.ts';
import { changeAccess } from './node-access.ts';
import { configureNode, nodeForm, PUBSUB, PUBSUB_OWNER, readAffiliations, TO_EVERYBODY } from './node-owner.ts';
import { subscribe, unsubscribe } from './node-subscription.ts';
import { ABSENT, orAbsent, type UserIq } from './privileged-iq.ts';
import type { KeepAbility, NodeAbility } from './server.ts';

/** In what servers differ. */
export type NodeWays = {
  exists(jid: string): Promise<boolean>;
  /** Does something in an account. @throws NoAccount */
  ofAccount(jid: string, work: () => Promise<unknown>): Promise<void>;
  /**
   * Whether members of a closed node and other subscribers are sent nothing until they are
   * subscribed and the node is told not to look at anybody's presence.
   */
  bySubscription: boolean;
};

/** The id that Gajim and Psi use, so that a user's own client and Earshot write the same item. */
export const ITEM = 'current';
const FORM = 'jabber:x:data';
/** Of a private node: the server says where the one there is another (section 7.1.5 of XEP-0060). */
export const PRIVATE = { access_model: 'whitelist', persist_items: 'true' };
/** What is kept in one. */
export const ROOM = { max_items: '16' };

/** Asked for as their users would. `component`: its domain. */
export function createUserNodes(ask: UserIq, component: string, ways: NodeWays): NodeAbility {
  const { bySubscription } = ways;

  return {
    publish(jid, node, payload) {
      const item = xml('item', { id: ITEM }, payload);
      const request = xml('pubsub', { xmlns: PUBSUB }, xml('publish', { node }, item));
      return ways.ofAccount(jid, () => ask(jid, 'set', request));
    },
    async item(jid, node, id) {
      const items =
        id === undefined ? xml('items', { node, max_items: '1' }) : xml('items', { node }, xml('item', { id }));
      const reply = await orAbsent(ask(jid, 'get', xml('pubsub', { xmlns: PUBSUB }, items)));
      return reply?.getChild('pubsub')?.getChild('items')?.getChild('item');
    },
    async accessModel(jid, node) {
      const request = xml('pubsub', { xmlns: PUBSUB_OWNER }, xml('configure', { node }));
      return modelIn(await orAbsent(ask(jid, 'get', request)));
    },
    affiliations: (jid, node) => readAffiliations(ask, { jid, node }),
    setAccess: (jid, node, changes) =>
      ways.ofAccount(jid, () => changeAccess(ask, { jid, node }, changes, bySubscription)),
    listen: (jid, node) =>
      ways.ofAccount(jid, async () => {
        await subscribe(ask, { jid, node }, component);
        if (bySubscription) await configureNode(ask, { jid, node }, TO_EVERYBODY);
      }),
    async unlisten(jid, node) {
      if (await ways.exists(jid)) await unsubscribe(ask, { jid, node }, component);
    },
  };
}

/** Private nodes of users, as their owners. `options`: what a node is made with by the first item, and has to be with each other. */
export function createUserKeeps(
  ask: UserIq,
  { ofAccount }: Pick<NodeWays, 'ofAccount'>,
  options: Readonly<Record<string, string>>,
): KeepAbility {
  return {
    async put(jid, node, id, payload) {
      const publish = xml('publish', { node }, xml('item', { id }, payload));
      const request = xml(
        'pubsub',
        { xmlns: PUBSUB },
        publish,
        xml('publish-options', {}, nodeForm('publish-options', options)),
      );
      await ofAccount(jid, () => ask(jid, 'set', request));
    },
    async all(jid, node) {
      const reply = await orAbsent(ask(jid, 'get', xml('pubsub', { xmlns: PUBSUB }, xml('items', { node }))));
      const items = reply?.getChild('pubsub')?.getChild('items')?.getChildren('item') ?? [];
      return items.flatMap((item) => item.getChildElements());
    },
    async drop(jid, node) {
      try {
        await ask(jid, 'set', xml('pubsub', { xmlns: PUBSUB_OWNER }, xml('delete', { node })));
      } catch (err) {
        if (!isCondition(err, ...ABSENT)) throw err;
        return isCondition(err, 'item-not-found');
      }
      return true;
    },
  };
}

function modelIn(reply: Element | undefined): string | undefined {
  const form = reply?.getChild('pubsub')?.getChild('configure')?.getChild('x', FORM);
  const field = form?.getChildren('field').find(({ attrs }) => attrs.var === 'pubsub#access_model');
  return field?.getChildText('value') ?? undefined;
}
