import { MODEL, type NodeChange } from '../../domain/friendship/node-access.ts';
import type { Stream } from '../stream/stream.ts';
import { contentOf } from '../stream/xml.ts';
import { createFirstWrites } from './first-writes.ts';
import type { NodeAbility } from './server.ts';

const NONE = 'none';

/** The same nodes, with the first write of each kind read back. `onBrokenWord`: see `createFirstWrites`. */
export function withFirstWrites(nodes: NodeAbility, stream: Stream, onBrokenWord: () => void): NodeAbility {
  const first = createFirstWrites(stream, onBrokenWord, { othersWait: false });

  async function standsOpenAsTold(jid: string, node: string, changes: readonly NodeChange[]): Promise<boolean> {
    const told = new Map(changes);
    const model = told.get(MODEL);
    if (model !== undefined && (await nodes.accessModel(jid, node)) !== model) return false;
    told.delete(MODEL);
    if (told.size === 0) return true;
    const affiliations = await nodes.affiliations(jid, node);
    return [...told].every(([contact, affiliation]) => (affiliations.get(contact) ?? NONE) === affiliation);
  }

  return {
    ...nodes,
    publish: (jid, node, payload) =>
      first.write('publish', {
        send: () => nodes.publish(jid, node, payload),
        async isKept() {
          const [held] = (await nodes.item(jid, node))?.getChildElements() ?? [];
          return held !== undefined && contentOf(held) === contentOf(payload);
        },
      }),
    setAccess(jid, node, changes) {
      const kind = [...new Set(changes.map(([, value]) => value))].sort().join();
      return first.write(kind, {
        send: () => nodes.setAccess(jid, node, changes),
        isKept: () => standsOpenAsTold(jid, node, changes),
      });
    },
  };
}
