import { askNode } from '../../../runtime/redis/redis-node.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';
import { fieldsOf } from './fields.ts';

/** Parts of what there is from which on it is little, and too little. */
const [LITTLE, TOO_LITTLE] = [0.8, 0.98];
const MEGABYTE = 1_048_576;

/** How much memory is left to Redis: at `maxmemory` it refuses what it is told, without one the system ends it. */
export const memory: Check = {
  name: 'redis-memory',
  async look(patient) {
    const { nodes } = await patient.opened();
    return Promise.all(nodes.map(lookAt));
  },
};

async function lookAt(url: string): Promise<Finding> {
  const { host } = new URL(url);
  const info = fieldsOf(await askNode(url, (node) => node.info('memory')));
  const [used, bound, machine] = [info.used_memory, info.maxmemory, info.total_system_memory].map(Number) as [
    number,
    number,
    number,
  ];
  const most = bound || machine;
  if (!most) return ok(`${host} uses ${inMegabytes(used)}`);
  const what = `${host} uses ${inMegabytes(used)} of ${inMegabytes(most)} ${bound ? '(maxmemory)' : 'that its machine has'}`;
  if (bound && used > TOO_LITTLE * most) return fault(`${what}, and refuses what it is told: raise maxmemory`);
  if (used > LITTLE * most)
    return warning(`${what}: ${bound ? 'raise maxmemory' : 'give it more before the system ends it'}`);
  return ok(what);
}

function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / MEGABYTE)} MB`;
}
