import { Unanswered } from '../../stream/requests.ts';
import type { Stream } from '../../stream/stream.ts';
import { contentOf, type Element } from '../../stream/xml.ts';
import { EVENT } from './ejabberd-nodes.ts';

/** What the component was told of nodes that it has subscribed to, on this stream. */
export type SeenItems = {
  /** Ends when an item with that content comes. @throws Unanswered when none does */
  next(jid: string, node: string, content: string): Promise<void>;
  /** The last item, if it has that id. */
  last(jid: string, node: string, id?: string): Element | undefined;
};

type Waiting = { content: string; resolve(): void };

/** Milliseconds for which an item is waited for. */
const PATIENCE = 10_000;
const MOST_SEEN = 10_000;

/** Remembers the last item of each node, until the stream breaks. `isFollowed`: whether it is one of those; anybody may send events of others. */
export function createSeenItems(
  stream: Pick<Stream, 'onOffline' | 'onStanza'>,
  isFollowed: (jid: string, node: string) => boolean,
): SeenItems {
  const items = new Map<string, Element>();
  const waiting = new Map<string, Set<Waiting>>();

  function remember(key: string, item: Element): void {
    items.delete(key);
    items.set(key, item);
    for (const oldest of items.keys()) if (items.size > MOST_SEEN) items.delete(oldest);
  }

  stream.onOffline(() => items.clear());
  stream.onStanza((stanza) => {
    const list = stanza.name === 'message' ? stanza.getChild('event', EVENT)?.getChild('items') : undefined;
    const item = list?.getChild('item');
    if (!list || !item) return;
    const { from = '' } = stanza.attrs;
    const { node = '' } = list.attrs;
    const key = `${from} ${node}`;
    if (isFollowed(from, node)) remember(key, item);
    const content = contentOf(item.getChildElements()[0]);
    for (const one of waiting.get(key) ?? []) if (one.content === content) one.resolve();
  });

  function end(key: string, one: Waiting): void {
    const others = waiting.get(key);
    others?.delete(one);
    if (others?.size === 0) waiting.delete(key);
  }

  return {
    next(jid, node, content) {
      const key = `${jid} ${node}`;
      return new Promise((resolve, reject) => {
        const one: Waiting = {
          content,
          resolve() {
            clearTimeout(timer);
            end(key, one);
            resolve();
          },
        };
        const timer = setTimeout(() => {
          end(key, one);
          reject(new Unanswered('UNAVAILABLE', `The XMPP server did not send an event within ${PATIENCE} ms.`));
        }, PATIENCE);
        waiting.set(key, (waiting.get(key) ?? new Set()).add(one));
      });
    },
    last(jid, node, id) {
      const item = items.get(`${jid} ${node}`);
      return id === undefined || item?.attrs.id === id ? item : undefined;
    },
  };
}
