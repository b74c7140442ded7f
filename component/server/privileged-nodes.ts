// XEP-0163: Personal Eventing Protocol, version 1.2.2 (https://xmpp.org/extensions/xep-0163.html), in users' names
import { isCondition } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, xml } from '../stream/xml.ts';
import { changeAccess } from './node-access.ts';
import { PUBSUB, PUBSUB_OWNER } from './node-owner.ts';
import { subscribe, unsubscribe } from './node-subscription.ts';
import { orAbsent, privilegedIq } from './privileged-iq.ts';
import { NoAccount, type NodeAbility } from './server.ts';

/** The id that Gajim and Psi use, so that a user's own client and Earshot write the same item. */
const ITEM = 'current';
/** Any node shows whether there is an account. */
const TUNE = 'http://jabber.org/protocol/tune';
const FORM = 'jabber:x:data';

/** By the rights of XEP-0356 to `pubsub` and `pubsub#owner`. `component`: its domain. */
export function createPrivilegedNodes(stream: Stream, component: string): NodeAbility {
  /** The server lets nobody speak for a user that it does not have. */
  async function ofAccount(jid: string, work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (err) {
      if (!isCondition(err, 'forbidden') || (await accountExists(stream, jid))) throw err;
      throw new NoAccount();
    }
  }

  return {
    publish(jid, node, payload) {
      const item = xml('item', { id: ITEM }, payload);
      const request = xml('pubsub', { xmlns: PUBSUB }, xml('publish', { node }, item));
      return ofAccount(jid, privilegedIq(stream, jid, 'set', request));
    },
    async item(jid, node, id) {
      const items =
        id === undefined ? xml('items', { node, max_items: '1' }) : xml('items', { node }, xml('item', { id }));
      const reply = await orAbsent(privilegedIq(stream, jid, 'get', xml('pubsub', { xmlns: PUBSUB }, items)));
      return reply?.getChild('pubsub')?.getChild('items')?.getChild('item');
    },
    async accessModel(jid, node) {
      const request = xml('pubsub', { xmlns: PUBSUB_OWNER }, xml('configure', { node }));
      return modelIn(await orAbsent(privilegedIq(stream, jid, 'get', request)));
    },
    setAccess: (jid, node, changes) => ofAccount(jid, changeAccess(stream, jid, node, changes)),
    listen: (jid, node) => subscribe(stream, { jid, node }, component),
    async unlisten(jid, node) {
      if (await accountExists(stream, jid)) await unsubscribe(stream, { jid, node }, component);
    },
  };
}

/** Whether the account exists: the server lets nobody speak for a user that it does not have. */
export async function accountExists(stream: Stream, jid: string): Promise<boolean> {
  try {
    await privilegedIq(stream, jid, 'get', xml('pubsub', { xmlns: PUBSUB }, xml('items', { node: TUNE })));
    return true;
  } catch (err) {
    if (isCondition(err, 'forbidden')) return false;
    if (isCondition(err, 'item-not-found')) return true;
    throw err;
  }
}

function modelIn(reply: Element | undefined): string | undefined {
  const form = reply?.getChild('pubsub')?.getChild('configure')?.getChild('x', FORM);
  const field = form?.getChildren('field').find(({ attrs }) => attrs.var === 'pubsub#access_model');
  return field?.getChildText('value') ?? undefined;
}
