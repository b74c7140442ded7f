import { askNode, siblingOf } from './redis-node.ts';
import type { RedisPlace } from './redis-options.ts';

const SLOTS = 16_384;

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

  async function askAt(url: string): Promise<Shard[]> {
    const answer = await askNode(url, (node) => node.clusterSlots());
    const all = answer.flatMap(({ master, replicas }) => [master, ...replicas].map((one) => siblingOf(url, one)));
    // Those who were there before may be gone for good, and each would be waited for.
    const present = new Set([...all, ...urls]);
    // In the order they had: each is asked before one is asked twice. Who has left the cluster itself names nobody.
    if (all.length > 0) nodes = [...new Set([...nodes.filter((node) => present.has(node)), ...present])];
    return answer.map(({ from, to, master }) => ({ from, to, url: siblingOf(url, master) }));
  }

  async function ask(): Promise<Shard[]> {
    let failed: unknown;
    for (const url of nodes)
      try {
        return await askAt(url);
      } catch (err) {
        failed = err;
      }
    throw failed;
  }

  return {
    async masterOf(tag) {
      const slot = slotOf(tag);
      shards ??= ask();
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

/**
 * The slot of a hash tag: its CRC-16 (XMODEM), of which 14 bits count
 * (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model).
 */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % SLOTS;
}
