import { askNode } from '../../../runtime/redis/redis-node.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';
import { fieldsOf } from './fields.ts';

/** Whether what Redis has accepted is on its disk. That it keeps an append-only file at all `redis` has looked at. */
export const durability: Check = {
  name: 'redis-disk',
  async look(patient) {
    const { nodes } = await patient.opened();
    return Promise.all(nodes.map(lookAt));
  },
};

async function lookAt(url: string): Promise<Finding> {
  const { host } = new URL(url);
  return askNode(url, async (node) => {
    const info = fieldsOf(await node.info('persistence'));
    if (info.aof_last_write_status === 'err')
      return fault(
        `${host} could not write its append-only file, and refuses every change: is its disk full? Make room, then run redis-cli BGREWRITEAOF before Redis is restarted: there may be a hole in the file`,
      );
    if (info.aof_last_bgrewrite_status === 'err')
      return warning(`${host} could not rewrite its append-only file, which grows meanwhile: its log says why`);
    const fsync = await node.configGet('appendfsync').then(
      (settings) => settings.appendfsync,
      () => undefined,
    );
    if (fsync === 'no')
      return warning(
        `${host} leaves to the system when it writes (appendfsync no): half a minute can be lost. Set appendfsync always, or everysec, in redis.conf`,
      );
    return ok(`${host} keeps an append-only file${fsync === undefined ? '' : `, appendfsync ${fsync}`}`);
  });
}
