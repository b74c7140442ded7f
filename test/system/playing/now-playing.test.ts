import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { metricsToldAnew, workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const INTERVAL = 1_500;

describe('now playing', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: `${INTERVAL}` } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let bobs: FriendClient;

  /** Prosody 0.12 sends an event twice to a client whose capabilities it met first there: to its full and its bare JID. */
  const heard = () => bobs.tunes.map((seen) => seen.tune.title ?? '-').filter((title, i, all) => title !== all[i - 1]);
  /** As every process has told it since this was asked. */
  const publishes = async () => {
    await metricsToldAnew(stack);
    const { text } = await api.call('GET', '/metrics');
    return [...text.matchAll(/earshot_tune_publishes_total\{[^}]*\} (\d+)/g)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  };
  /** Whatever waits for its turn in an interval has been published. */
  const quiet = async () => {
    await sleep(INTERVAL);
    await workDone(stack);
  };

  before(async () => {
    [alice, bob] = await joinFriends(api);
    bobs = await connectFriend(stack, bob);
  });

  beforeEach(async () => {
    await api.stop(alice);
    await quiet();
    await bobs.caughtUp();
    bobs.tunes.length = 0;
  });

  after(async () => bobs?.leave());

  it('publishes one change in each interval, and the newest in the end', async () => {
    const start = Date.now();
    for (let n = 0; n <= 10; n += 1) await api.play(alice, { title: `Skip ${n}` });
    await bobs.hears(alice.jid, 'Skip 10');
    expect(heard()).to.have.length.within(1, 1 + Math.floor((Date.now() - start) / INTERVAL));
  });

  it('does not publish the same tune again, but lets it last longer', async () => {
    const first = await api.play(alice, { title: 'On repeat', length: 100 });
    await bobs.hears(alice.jid, 'On repeat');
    await quiet();
    const before = await publishes();
    const second = await api.play(alice, { title: 'On repeat', length: 100 });
    await quiet();
    expect(await publishes()).to.equal(before);
    expect(heard()).to.deep.equal(['On repeat']);
    expect(Date.parse(String(second.body.expiresAt))).to.be.greaterThan(Date.parse(String(first.body.expiresAt)));
  });

  it('gives an unknown length ten minutes, and a known one its length and a little more', async () => {
    const lasts = async (milliseconds: number, tune: Record<string, unknown>) => {
      const before = Date.now();
      const { body } = await api.play(alice, tune);
      expect(Date.parse(String(body.expiresAt)) - milliseconds).to.be.within(before, Date.now());
    };
    await lasts(600_000, { title: 'A stream' });
    await lasts(205_000, { title: 'A song', length: 200 });
  });

  it('is the newest of several devices; a stop on one does not stop another’s', async () => {
    await api.play(alice, { title: 'On the phone', device: 'phone' });
    await bobs.hears(alice.jid, 'On the phone');
    await api.play(alice, { kind: 'video', title: 'On the television', device: 'tv' });
    await bobs.hears(alice.jid, 'On the television');
    const { body } = await api.expectStatus(200, api.call('GET', api.path(alice, 'now-playing')));
    expect(body).to.include({ kind: 'video', title: 'On the television', device: 'tv' });
    await api.stop(alice, 'car');
    await api.stop(alice, 'phone');
    expect((await api.call('GET', api.path(alice, 'now-playing'))).body.title).to.equal('On the television');
    await api.play(alice, { title: 'On the phone again', device: 'phone' });
    await bobs.hears(alice.jid, 'On the phone again');
    await api.stop(alice, 'phone');
    await bobs.hears(alice.jid, 'On the television');
    await api.stop(alice, 'tv');
    await bobs.hears(alice.jid, undefined);
  });

  it('falls back to a device that still plays when the newest runs out', async () => {
    await api.play(alice, { title: 'A long film', length: 600, device: 'tv' });
    await api.play(alice, { title: 'A jingle', length: 1, device: 'phone' });
    await eventually(async () =>
      expect((await api.call('GET', api.path(alice, 'now-playing'))).body.title).to.equal('A long film'),
    );
    await bobs.hears(alice.jid, 'A long film');
  });
});

describe('now playing, where a change has to wait for ten minutes', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '600000' } });

  it('publishes the first change at once, and a stop too', async () => {
    const api = createApi(stack);
    const [alice, bob] = await joinFriends(api);
    const bobs = await connectFriend(stack, bob);
    await api.play(alice, { title: 'Stopped soon', length: 7_200 });
    await bobs.hears(alice.jid, 'Stopped soon');
    await api.play(alice, { title: 'Never heard', length: 7_200 });
    await api.stop(alice);
    await bobs.hears(alice.jid, undefined);
    await bobs.caughtUp();
    expect(bobs.tunes.map(({ tune }) => tune.title)).to.not.include('Never heard');
    await bobs.leave();
  });
});
