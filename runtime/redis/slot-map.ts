import { askNode, type RedisNode, siblingOf } from './redis-node.ts';
import type { RedisPlace } from './redis-options.ts';

type Shard = { from: number; to: number; url: string };

export type SlotMap = {
  /** The URL of the master that has the slot of this hash tag. @throws whatever a node says when none of them knows */
  masterOf(tag: string): Promise<string>;
  /** It is asked anew, of another node first: one that is cut off from the others may say what was true before. */
  forget(): void;
};

/** Which master of a cluster has which slot, by what its nodes say; kept until it is forgotten. */
export function createSlotMap(urls: RedisPlace['urls']): SlotMap {
  let nodes: string[] = [...urls];
  let shards: Promise<Shard[]> | undefined;
  const slots = new Map<string, number>();

  async function ask<T>(question: (node: RedisNode, url: string) => Promise<T>): Promise<T> {
    let failed: unknown;
    for (const url of nodes)
      try {
        return await askNode(url, (node) => question(node, url));
      } catch (err) {
        failed = err;
      }
    throw failed;
  }

  function askForShards(): Promise<Shard[]> {
    return ask(async (node, url) => {
      const answer = await node.clusterSlots();
      const all = answer.flatMap(({ master, replicas }) => [master, ...replicas].map((one) => siblingOf(url, one)));
      nodes = [...new Set([...nodes, ...all])];
      return answer.map(({ from, to, master }) => ({ from, to, url: siblingOf(url, master) }));
    });
  }

  async function slotOf(tag: string): Promise<number> {
    const slot = slots.get(tag) ?? (await ask((node) => node.clusterKeySlot(tag)));
    slots.set(tag, slot);
    return slot;
  }

  return {
    async masterOf(tag) {
      const slot = await slotOf(tag);
      shards ??= askForShards();
      const shard = (await shards).find(({ from, to }) => from <= slot && slot <= to);
      if (!shard) throw new Error(`Slot ${slot} of the Redis Cluster belongs to no node.`);
      return shard.url;
    },
    forget() {
      shards = undefined;
      nodes = [...nodes.slice(1), ...nodes.slice(0, 1)];
    },
  };
}
