import { expect } from 'chai';
import { pino } from 'pino';
import type { Listening } from '../../../runtime/redis/listening.ts';
import { connectEvents } from '../../../runtime/redis/redis.ts';
import { createEventSource, type EventSource, NOW_PLAYING } from '../../../store/base/events.ts';
import { allPartitions, partitionOf } from '../../../store/base/partitions.ts';
import { SLICE } from '../../../store/base/slices.ts';
import type { Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { REDIS_KINDS, type TestRedis, useRedis } from '../../support/redis.ts';

/** Where the key is, as scripts tell on a Redis before 7. */
const PUBLISH = `return redis.call('PUBLISH', ARGV[1], ARGV[2])`;

for (const kind of REDIS_KINDS)
  describe(`store/base/events, on ${kind}`, () => {
    const server = useRedis(kind);
    describe('with channels that belong to slots', () => hearsWhoComesBack(server, true));
    describe('with channels as before Redis 7', () => hearsWhoComesBack(server, false));
  });

function hearsWhoComesBack(server: TestRedis, sharded: boolean): void {
  let stores: Stores;
  let connection: Listening;
  let source: EventSource;
  let heard: string[];

  beforeEach(async () => {
    stores = server.freshStores();
    heard = [];
    connection = await connectEvents(server.place, pino({ level: 'silent' }));
    source = createEventSource(connection, stores.keys, sharded);
    source.follow(
      (id) => heard.push(id),
      () => {},
    );
  });

  afterEach(() => connection.destroy());

  async function tell(id: string): Promise<void> {
    if (sharded) await stores.events.tell(id, { what: 'now-playing' });
    else
      await server.redis.eval(PUBLISH, {
        keys: [stores.keys.subscriber(id)],
        arguments: [stores.keys.events(id), NOW_PLAYING],
      });
  }

  /** Gives them all up and comes back to the last in the same moment. */
  async function comeBackToLast(ids: readonly string[]): Promise<void> {
    const [first, last] = [ids[0] as string, ids.at(-1) as string];
    await source.listen(ids);
    for (const id of [first, last]) {
      await tell(id);
      await eventually(() => expect(heard).to.include(id));
    }
    const over = source.unlisten(ids);
    const back = source.listen([last]);
    await Promise.all([over, back]);
    heard = [];
    await tell(first);
    await tell(last);
    await eventually(() => expect(heard).to.deep.equal([last]));
  }

  it('hears who comes back though somebody gave them up before they were heard at first', async () => {
    const [last, ...others] = inSlot(0, 4 * SLICE) as [string, ...string[]];
    await source.listen(others);
    const first = source.listen([last]);
    const over = source.unlisten([...others, last]);
    await first;
    await Promise.all([over, source.listen([last])]);
    await tell(last);
    await eventually(() => expect(heard).to.deep.equal([last]));
  });

  it('hears who comes back while more than one command gives up who was heard', async () => {
    await comeBackToLast(inSlot(0, SLICE + 1));
  });

  it('hears who comes back while somebody of another slot is given up as well', async () => {
    await comeBackToLast(allPartitions().flatMap((partition) => inSlot(partition, 1)));
  });
}

/** All with one hash tag. */
function inSlot(partition: number, count: number): string[] {
  const found: string[] = [];
  for (let i = 0; found.length < count; i += 1) if (partitionOf(`friend-${i}`) === partition) found.push(`friend-${i}`);
  return found;
}
