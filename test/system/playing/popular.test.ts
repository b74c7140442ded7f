import { expect } from 'chai';
import { createKeys } from '../../../store/base/keys.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { bearer } from '../../support/http/credentials.ts';
import { useStack, withRedis } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

const JOGA = { title: 'Jóga', artist: 'Björk', length: 600 };
const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();

describe('what is popular among friends', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  let viewer: Person;
  let [bob, carol, dave, erin] = [] as unknown as [Person, Person, Person, Person];

  before(async () => {
    viewer = await api.join('+8613800138000', 'Viewer');
    [bob, carol, dave, erin] = await Promise.all([
      api.join('+8613900139001'),
      api.join('+8613900139002'),
      api.join('+8613900139003'),
      api.join('+8613900139004'),
    ]);
    const friends = [bob, carol, dave, erin];
    for (const friend of friends)
      await api.putBook(friend, [{ name: 'Viewer', phoneNumbers: [viewer.phoneNumber], groups: ['Work'] }]);
    await api.putBook(
      viewer,
      friends.map(({ phoneNumber }) => ({ name: phoneNumber, phoneNumbers: [phoneNumber] })),
    );
    await api.settled(viewer, ...friends);
  });

  async function popular(): Promise<unknown> {
    const path = '/v1/subscribers/me/popular';
    return (await api.expectStatus(200, api.call('GET', path, undefined, bearer(viewer.token)))).body.popular;
  }

  const becomes = (expected: object[]) => eventually(async () => expect(await popular()).to.deep.equal(expected));
  const setPrivacy = (person: Person, changes: object) =>
    api.expectStatus(200, api.call('PUT', api.path(person, 'privacy'), { ...OPEN, ...changes }));

  /** The titles that are kept of somebody, once there are so many. */
  async function keeps(person: Person, count: number): Promise<void> {
    await eventually(async () => {
      const { body } = await api.call('GET', api.path(person, 'export'));
      expect(body.recentlyPlayed).to.have.length(count);
    });
  }

  it('is nothing that two friends have played, even if the subscriber has, too', async () => {
    await api.play(viewer, JOGA);
    await api.play(bob, JOGA);
    await api.play(carol, { ...JOGA, title: 'JÓGA' });
    for (const one of [viewer, bob, carol]) await keeps(one, 1);
    expect(await popular()).to.deep.equal([]);
  });

  it('is what three have played, also one in an XMPP client of its own, and also when they play no more', async () => {
    const daves = await connectFriend(stack, dave);
    // From then on the component hears what it plays.
    await workDone(stack);
    await daves.plays({ title: 'jóga', artist: 'Björk' });
    await keeps(dave, 1);
    await daves.plays({});
    await daves.leave();
    for (const one of [viewer, bob, carol]) await api.stop(one);
    await becomes([{ kind: 'audio', title: 'JÓGA', artist: 'Björk', friends: 3 }]);
  });

  it('has nothing of a private session, neither then nor later', async () => {
    await setPrivacy(erin, { privateUntil: TOMORROW });
    await api.play(erin, JOGA);
    await setPrivacy(bob, { privateUntil: TOMORROW });
    await becomes([]);
    await setPrivacy(bob, {});
    await becomes([{ kind: 'audio', title: 'JÓGA', artist: 'Björk', friends: 3 }]);
    await api.stop(erin);
    await setPrivacy(erin, {});
    await api.play(erin, { title: 'Something else' });
    await keeps(erin, 1);
    expect((await popular()) as object[]).to.have.nested.property('[0].friends', 3);
  });

  it('counts nobody whose audience the subscriber is not in, and nothing from before it was', async () => {
    const expected = [{ kind: 'audio', title: 'JÓGA', artist: 'Björk', friends: 3 }];
    await setPrivacy(bob, { audience: { groups: ['Family'] } });
    await api.play(bob, JOGA);
    await keeps(bob, 1);
    expect(await popular()).to.deep.equal([]);
    await api.stop(bob);
    await setPrivacy(bob, { audience: { groups: ['Work'] } });
    expect(await popular()).to.deep.equal([]);
    await api.play(bob, JOGA);
    await becomes(expected);
    // What still plays is shown to the new audience.
    await setPrivacy(bob, {});
    await becomes(expected);
  });

  it('has nothing that was played before the viewer became a friend', async () => {
    const late = await api.join('+8613800138099', 'Late');
    const [one, two, three] = [bob, carol, dave];
    for (const friend of [one, two, three]) {
      await api.play(friend, { title: 'Early' });
      await eventually(async () => {
        const { body } = await api.call('GET', api.path(friend, 'export'));
        expect(JSON.stringify(body.recentlyPlayed)).to.contain('Early');
      });
      await api.expectStatus(
        202,
        api.call('PATCH', api.path(friend, 'address-book'), {
          upsert: [{ uid: 'late', name: 'Late', phoneNumbers: [late.phoneNumber] }],
        }),
      );
    }
    await api.putBook(
      late,
      [one, two, three].map(({ phoneNumber }) => ({ name: phoneNumber, phoneNumbers: [phoneNumber] })),
    );
    await api.settled(late, one, two, three);
    await eventually(async () => expect(await api.friends(late)).to.have.length(3));
    const seen = async () =>
      (await api.call('GET', '/v1/subscribers/me/popular', undefined, bearer(late.token))).body.popular;
    expect(await seen()).to.deep.equal([]);
    for (const friend of [one, two, three]) await api.play(friend, { title: 'Late' });
    await eventually(async () => expect(await seen()).to.deep.equal([{ kind: 'audio', title: 'Late', friends: 3 }]));
  });

  it('counts nobody who has left', async () => {
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${carol.id}`));
    await eventually(async () => expect(JSON.stringify(await popular())).to.not.contain('friends":3'));
    const { recent } = createKeys(stack.env.EARSHOT_REDIS_PREFIX ?? 'earshot');
    await withRedis(stack, async (redis) => {
      await eventually(async () => expect(await redis.exists(recent(carol.id))).to.equal(0));
    });
  });
});
