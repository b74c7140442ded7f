import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { madeNode } from '../../../component/roster/made-items.ts';
import { createSubjectHash } from '../../../runtime/secret/subject-hash.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { createBackup } from '../../support/put-back.ts';
import { failingBackend } from '../../support/servers/failing-backend.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const { settings, fail, mend } = failingBackend();
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'];

describe('a copy that is put back while the XMPP server cannot read some accounts', () => {
  const stack = useStack({ server: 'prosody', ...settings, env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  const backup = createBackup(stack);
  let books = 0;
  const people = new Map<string, Person>();
  const clients = new Map<string, FriendClient>();
  const person = (name: string) => people.get(name) as Person;
  const client = (name: string) => clients.get(name) as FriendClient;
  const local = (name: string) => person(name).jid.split('@')[0];
  const has = (name: string, other: string, subscription: string | undefined) =>
    client(name).item(person(other).jid, (item) => expect(item?.subscription).to.equal(subscription));

  const knows = (name: string, ...others: string[]) =>
    api.putBook(
      person(name),
      others.map((other) => ({ name: `${other} in book ${++books}`, phoneNumbers: [person(other).phoneNumber] })),
    );

  /** What the component has logged of that subscriber. */
  async function linesOf(name: string): Promise<string[]> {
    const subject = createSubjectHash(Buffer.from(stack.env.EARSHOT_NUMBER_KEY ?? '', 'hex'))(person(name).id);
    const log = await readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');
    return log.split('\n').filter((line) => line.includes(subject));
  }

  async function connectAll(): Promise<void> {
    for (const name of NAMES) clients.set(name, await connectFriend(stack, person(name)));
  }

  async function leaveAll(): Promise<void> {
    for (const one of clients.values()) await one.leave().catch(() => {});
  }

  async function allDone(): Promise<void> {
    await api.settled(...people.values());
    await workDone(stack);
  }

  async function nobodyHasSaidNo(): Promise<void> {
    for (const who of people.values()) {
      const { body } = await api.expectStatus(200, api.call('GET', api.path(who, 'export')));
      expect(body.turnedDown).to.deep.equal([]);
    }
  }

  before(async () => {
    for (const [i, name] of NAMES.entries()) people.set(name, await api.join(`+861380013800${i}`, name));
    await connectAll();
    for (const name of ['bob', 'carol', 'erin']) await knows(name, 'alice');
    await knows('alice', 'bob', 'carol', 'erin');
    for (const name of ['bob', 'carol', 'erin']) await has('alice', name, 'both');
    await allDone();
    const file = await backup.copy();
    const stamps = await backup.stamps();
    await knows('alice', 'bob', 'carol', 'erin', 'dave');
    await knows('carol', 'alice', 'dave');
    await knows('dave', 'alice', 'carol');
    for (const name of ['alice', 'carol']) {
      await has('dave', name, 'both');
      await has(name, 'dave', 'both');
    }
    await allDone();
    await eventually(async () => expect(await backup.stamps()).to.not.equal(stamps));
    await leaveAll();
    await stack.part('component').stop();
    // Of Erin's nodes it finds none then, and of Bob's it cannot read what this one holds.
    const bobs = madeNode(stack.env.EARSHOT_COMPONENT_SECRET ?? '', person('bob').jid);
    fail([`pep:${local('erin')}`, `pep_${bobs}:${local('bob')}`, `roster:${local('carol')}`]);
    await stack.restart('server');
    await backup.putBack(file);
    await stack.untilReady();
  });

  after(async () => {
    mend();
    await leaveAll();
  });

  it('is brought back for all others, and the log names once whose account was passed over', async () => {
    for (const name of ['bob', 'erin'])
      expect((await linesOf(name)).filter((line) => line.includes('an account is passed over'))).to.have.length(1);
    expect((await linesOf('carol')).join('\n')).to.contain('writes nothing to it');
    for (const name of ['alice', 'dave']) clients.set(name, await connectFriend(stack, person(name)));
    await has('alice', 'dave', undefined);
    await has('dave', 'alice', undefined);
    await has('dave', 'carol', undefined);
    for (const name of ['bob', 'erin']) await has('alice', name, 'both');
    await nobodyHasSaidNo();
    await leaveAll();
  });

  it('is so for these as well when the server can read them', async () => {
    mend();
    await stack.restart('server');
    await stack.untilReady();
    await connectAll();
    await knows('carol', 'alice');
    await has('carol', 'dave', undefined);
    await has('carol', 'alice', 'both');
    for (const [name, title] of [
      ['alice', 'Of Alice'],
      ['bob', 'Of Bob'],
    ] as const)
      await api.play(person(name), { title, length: 600 });
    for (const name of ['bob', 'carol', 'erin']) await client(name).hears(person('alice').jid, 'Of Alice');
    await client('alice').hears(person('bob').jid, 'Of Bob');
    await allDone();
    await nobodyHasSaidNo();
    // What is in Bob's and Erin's rosters has stayed Earshot's.
    await knows('alice', 'carol');
    for (const name of ['bob', 'erin']) await has(name, 'alice', undefined);
  });
});
