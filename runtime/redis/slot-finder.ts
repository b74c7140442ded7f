import { askNode, siblingOf } from './redis-node.ts';
import type { RedisPlace } from './redis-options.ts';

/**
 * Finds the URL of the master that has the key's slot at this moment. Each call asks another node first: one that is cut off from the
 * others may hold what was true before. When nobody answers it names any node, which the caller will find away.
 */
export function createSlotFinder(urls: RedisPlace['urls'], key: string): () => Promise<string> {
  let nodes: string[] = [...urls];

  async function lookUp(url: string): Promise<string | undefined> {
    const [slot, shards] = await askNode(url, (node) => Promise.all([node.clusterKeySlot(key), node.clusterSlots()]));
    const all = shards.flatMap(({ master, replicas }) => [master, ...replicas].map((one) => siblingOf(url, one)));
    nodes = [...new Set([...nodes, ...all])];
    const shard = shards.find(({ from, to }) => from <= slot && slot <= to);
    return shard && siblingOf(url, shard.master);
  }

  return async () => {
    nodes = [...nodes.slice(1), ...nodes.slice(0, 1)];
    for (const url of nodes) {
      const found = await lookUp(url).catch(() => undefined);
      if (found !== undefined) return found;
    }
    return urls[0];
  };
}
