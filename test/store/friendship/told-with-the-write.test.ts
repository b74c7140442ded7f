import { expect } from 'chai';
import { pino } from 'pino';
import type { Listening } from '../../../runtime/redis/listening.ts';
import { connectEvents } from '../../../runtime/redis/redis.ts';
import { type Change, createEventSource } from '../../../store/base/events.ts';
import type { Friend } from '../../../store/friendship/friends.ts';
import type { Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { REDIS_KINDS, useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const NOTHING = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
const friend = (id: string): Friend => ({ id, jid: `${id}@op.example`, name: id, groups: [], since: NOW });

for (const kind of REDIS_KINDS)
  describe(`who becomes a friend, and who is one no more, on ${kind}`, () => {
    const server = useRedis(kind);
    let stores: Stores;
    let connection: Listening;
    let heard: [string, Change][];

    beforeEach(async () => {
      stores = server.freshStores();
      heard = [];
      for (const [i, id] of ['alice', 'bob'].entries())
        await addSubscriber(
          stores,
          { id, phoneNumber: `+${i}`, numberKey: `${i}`.repeat(12), jid: `${id}@op.example`, displayName: id },
          NOW,
        );
      connection = await connectEvents(server.place, pino({ level: 'silent' }));
      const source = createEventSource(connection, stores.keys, server.place.sharded);
      source.follow(
        (id, change) => heard.push([id, change]),
        () => {},
      );
      await source.listen(['alice', 'bob']);
    });

    afterEach(() => connection.destroy());

    /** Whoever wrote it may be killed right afterwards: nobody would tell it then. */
    async function isTold(id: string, other: string): Promise<void> {
      await eventually(() =>
        expect(heard).to.deep.equal([
          [id, { what: 'friends', id: other }],
          [id, { what: 'now-playing' }],
        ]),
      );
      heard = [];
    }

    it('is told to event streams in the step that writes it, at both ends', async () => {
      await stores.friends.write('alice', { ...NOTHING, set: [friend('bob')] }, NOW);
      await isTold('alice', 'bob');
      const end = { id: 'bob', friend: friend('alice'), before: undefined, barred: undefined };
      await stores.otherEnds.bring({ id: 'alice', jid: 'alice@op.example' }, [end], true, NOW);
      await isTold('bob', 'alice');
      await stores.friends.write('alice', { ...NOTHING, unset: ['bob'] }, NOW);
      await isTold('alice', 'bob');
    });
  });
