import { askNode } from '../../../runtime/redis/redis-node.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';
import { fieldsOf } from './fields.ts';

/** Seconds without a word of a replica after which it would take over without what came meanwhile. */
const SILENT = 10;

/** Whether the server is one that can be written to, and its replicas follow. */
export const replication: Check = {
  name: 'redis-replicas',
  async look(patient) {
    const { nodes } = await patient.opened();
    return Promise.all(nodes.map(lookAt));
  },
};

async function lookAt(url: string): Promise<Finding> {
  const { host } = new URL(url);
  const info = fieldsOf(await askNode(url, (node) => node.info('replication')));
  if (info.role === 'slave')
    return fault(
      `${host} is a replica, to which nothing can be written: name its master, ${info.master_host}:${info.master_port}, in EARSHOT_REDIS_URL`,
    );
  const replicas = Object.entries(info).flatMap(([name, value]) => (/^slave\d+$/.test(name) ? [value] : []));
  const behind = replicas.filter((one) => !one.includes('state=online') || Number(/lag=(\d+)/.exec(one)?.[1]) > SILENT);
  if (behind.length > 0)
    return warning(
      `${behind.length} of ${replicas.length} replicas of ${host} do not follow: look at the log of these`,
    );
  return ok(`${host} has ${replicas.length} replicas`);
}
