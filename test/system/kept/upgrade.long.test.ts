import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Stack } from '../../../local/stack/stack.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { bearer } from '../../support/http/credentials.ts';
import { obstacleToEarlier, startOnKept, unpackEarlier } from '../../support/kept/earlier.ts';
import { joinFriends } from '../../support/pair.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

describe('data of an earlier Earshot', () => {
  const left = obstacleToEarlier();
  if (left !== undefined) {
    it.skip(`are not tried here, as ${left}`);
    return;
  }

  let folder: string;
  let earlier: Stack | undefined;
  let stack: Stack;
  let api: Api;
  let alice: Person;
  let bob: Person;
  let dave: Person;
  let key: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earshot-upgrade-'));
    const dataDir = join(folder, 'data');
    earlier = await (await unpackEarlier(folder)).start(dataDir);
    const before = createApi(earlier);
    [alice, bob] = await joinFriends(before);
    dave = await before.join('+8613600136000', 'Dave');
    await before.putBook(dave, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    const issued = await before.expectStatus(
      201,
      before.call('POST', '/v1/credentials', { name: 'North', scopes: ['friends:read'] }),
    );
    key = `${issued.body.key}`;
    const bobs = await connectFriend(earlier, bob);
    await before.play(alice, { title: 'Before the upgrade', length: 3_600 });
    await bobs.hears(alice.jid, 'Before the upgrade');
    await bobs.leave();
    await before.settled(alice, bob, dave);
    await earlier.stop();
    stack = await startOnKept(dataDir);
    api = createApi(stack);
  });

  after(async () => {
    await earlier?.stop();
    await stack?.stop();
    if (folder && existsSync(folder)) await rm(folder, { recursive: true, force: true });
  });

  it('are those of friends still: in the API with tokens and keys from before, in rosters, and with what plays', async () => {
    const seen = await api.call('GET', '/v1/subscribers/me/friends', undefined, bearer(bob.token));
    const [friend] = seen.body.friends as unknown as { subscriberId: string; nowPlaying: { title: string } }[];
    expect([friend?.subscriberId, friend?.nowPlaying.title]).to.deep.equal([alice.id, 'Before the upgrade']);
    const byKey = await api.call('GET', api.path(alice, 'friends'), undefined, bearer(key));
    expect((byKey.body.friends as unknown as { subscriberId: string }[]).map((one) => one.subscriberId)).to.deep.equal([
      bob.id,
    ]);
    const bobs = await connectFriend(stack, bob);
    await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await bobs.hears(alice.jid, 'Before the upgrade');
    await api.play(alice, { title: 'After it', length: 3_600 });
    await bobs.hears(alice.jid, 'After it');
    await api.stop(alice);
    await bobs.hears(alice.jid, undefined);
    await bobs.leave();
  });

  it('match with what comes now: a book that was there finds its other end, and a friend goes with the book', async () => {
    await api.putBook(alice, [{ name: 'Dave', phoneNumbers: [dave.phoneNumber] }]);
    await api.settled(alice, bob, dave);
    await eventually(async () => {
      expect((await api.friends(dave)).map((one) => one.subscriberId)).to.deep.equal([alice.id]);
      expect(await api.friends(bob)).to.deep.equal([]);
    });
    const daves = await connectFriend(stack, dave);
    await daves.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await daves.leave();
    const bobs = await connectFriend(stack, bob);
    await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
    await bobs.leave();
  });

  it('take consent that is withdrawn now, and let people leave', async () => {
    await api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, discoverable: false }));
    await eventually(async () => expect(await api.friends(dave)).to.deep.equal([]));
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
    await eventually(async () =>
      expect((await api.call('POST', '/v1/subscribers', { phoneNumber: alice.phoneNumber })).status).to.equal(201),
    );
  });
});
