import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { TEST_SERVER } from '../../support/on-server.ts';
import { createBackup } from '../../support/put-back.ts';
import { createServerBackup } from '../../support/servers/older-server.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const NAMES = ['alice', 'bob', 'carol', 'raised', 'later', 'blocked'];
const LOST = /has no stamp, and had one/g;

describe('an XMPP server that was put back to an older copy, and has no stamp', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  const older = createServerBackup(stack);
  const { stamps } = createBackup(stack);
  let lost: string;
  const people = new Map<string, Person>();
  const clients = new Map<string, FriendClient>();
  const person = (name: string) => people.get(name) as Person;
  const client = (name: string) => clients.get(name) as FriendClient;
  const has = (name: string, other: string, what: object | undefined) =>
    client(name).item(person(other).jid, (item) => {
      if (what) expect(item).to.include(what);
      else expect(item).to.equal(undefined);
    });
  const componentLog = () => readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');

  async function connectAll(): Promise<void> {
    for (const name of NAMES) {
      await clients
        .get(name)
        ?.leave()
        .catch(() => {});
      clients.set(name, await connectFriend(stack, person(name)));
    }
  }

  /** Who has whom in the book; the others have Alice. */
  async function aliceKnows(...others: string[]): Promise<void> {
    const contact = ({ phoneNumber }: Person) => ({ name: phoneNumber, phoneNumbers: [phoneNumber] });
    for (const name of others) await api.putBook(person(name), [contact(person('alice'))]);
    await api.putBook(
      person('alice'),
      others.map((name) => contact(person(name))),
    );
    for (const name of others) {
      await has('alice', name, { subscription: 'both' });
      await has(name, 'alice', { subscription: 'both' });
    }
    await allDone();
  }

  async function allDone(): Promise<void> {
    await api.settled(...people.values());
    await workDone(stack);
  }

  before(async () => {
    for (const [i, name] of NAMES.entries()) people.set(name, await api.join(`+861380013800${i}`, name));
    await connectAll();
    await client('alice').setItem({ jid: person('raised').jid, name: 'Mine' });
    await aliceKnows('bob', 'raised', 'blocked');
    await older.copy();
    await connectAll();
    await client('alice').setItem({ jid: person('later').jid, name: 'Mine' });
    await aliceKnows('bob', 'raised', 'blocked', 'carol', 'later');
    await api.expectStatus(
      200,
      api.call('PUT', api.path(person('alice'), 'privacy'), {
        ...{ discoverable: true, audience: 'friends', privateUntil: null },
        blocked: [{ phoneNumber: person('blocked').phoneNumber }],
      }),
    );
    await has('alice', 'blocked', undefined);
    await has('blocked', 'alice', undefined);
    await api.play(person('alice'), { title: 'Before', length: 3_000 });
    for (const name of ['bob', 'carol', 'raised', 'later']) await client(name).hears(person('alice').jid, 'Before');
    await allDone();
    lost = await stamps();
    await older.putBackWithoutStamp();
    await connectAll();
  });

  after(() => Promise.all([...clients.values()].map((one) => one.leave().catch(() => {}))));

  it('gets the items that are missing there anew, and nobody has said no', async () => {
    expect(await componentLog()).to.match(LOST);
    for (const name of ['bob', 'carol', 'raised', 'later']) {
      await has('alice', name, { subscription: 'both' });
      await has(name, 'alice', { subscription: 'both' });
    }
    await allDone();
    for (const who of people.values()) {
      const { body } = await api.expectStatus(200, api.call('GET', api.path(who, 'export')));
      expect(body.turnedDown).to.deep.equal([]);
    }
  });

  it('is told again who may look, so that nobody is shown anything who was blocked since the copy', async () => {
    // ejabberd may be told again what it was told lately (decision 248), also that an item is gone.
    if (TEST_SERVER === 'prosody') await has('blocked', 'alice', { subscription: 'both' });
    await api.play(person('alice'), { title: 'After', length: 3_000 });
    for (const name of ['bob', 'carol', 'raised', 'later']) await client(name).hears(person('alice').jid, 'After');
    await allDone();
    await client('blocked').caughtUp();
    expect(client('blocked').tunes.flatMap(({ tune }) => tune.title ?? [])).to.deep.equal([]);
  });

  it('has a stamp again, and is told all of it once', async () => {
    await eventually(
      async () => expect((await stamps()).split('\n').filter((one) => !lost.includes(one))).to.not.be.empty,
    );
    await stack.restart('component');
    await stack.untilReady();
    expect((await componentLog()).match(LOST)).to.have.length(1);
  });

  it('holds Earshot’s items as such: what was made goes when a friendship ends, and the user’s own is as it was', async () => {
    await aliceKnows('carol');
    await has('alice', 'bob', undefined);
    await has('bob', 'alice', undefined);
    await has('alice', 'raised', { subscription: 'none', name: 'Mine' });
    await has('alice', 'later', undefined);
  });
});
