import { askNode } from '../../../runtime/redis/redis-node.ts';
import { createKeys } from '../../../store/base/keys.ts';
import { type Check, ok, warning } from '../finding.ts';
import { fieldsOf } from './fields.ts';

/** Whether an Earshot of the same prefix keeps data in another database of the same Redis: processes of one Earshot would not meet. */
export const database: Check = {
  name: 'redis-database',
  async look(patient) {
    const { place } = await patient.opened();
    if (place.cluster) return [];
    const [url] = place.urls;
    const own = Number(new URL(url).pathname.slice(1));
    const { agreement } = createKeys(patient.common.redisPrefix);
    const others = await askNode(url, async (node) => {
      const found: number[] = [];
      for (const name of Object.keys(fieldsOf(await node.info('keyspace')))) {
        const number = Number(name.slice(2));
        if (number === own) continue;
        await node.select(number);
        if (await node.exists(agreement)) found.push(number);
      }
      return found;
    });
    if (others.length === 0) return ok(`database ${own}, and no other has data of this prefix`);
    return warning(
      `an Earshot with this prefix keeps data in database ${others.join(', ')}, too, and these settings name ${own}: give all processes the same number at the end of EARSHOT_REDIS_URL, or another EARSHOT_REDIS_PREFIX where it is another Earshot`,
    );
  },
};
