import { expect } from 'chai';
import { createFriendsElsewhere } from '../../../component/roster/friends-elsewhere.ts';
import type { MeetingAbility } from '../../../component/server/server.ts';
import type { Stores } from '../../../store/stores.ts';
import { jobContext } from '../../support/context.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const HOSTS = ['op.example', 'brand.example'];
const ALICE = 'alice@op.example';

describe('the friends of other homes', () => {
  const server = useRedis();
  let stores: Stores;
  /** Whom the server was asked for in Alice's name. */
  let asked: string[];
  let present: { meetings?: MeetingAbility } | undefined;
  let online: Set<string>;

  beforeEach(async () => {
    stores = server.freshStores();
    asked = [];
    online = new Set();
    present = { meetings: { approach: async (_: string, other: string) => void asked.push(other) } as MeetingAbility };
    await join('alice', ALICE, '1');
    for (const [id, jid] of [
      ['bob', 'bob@brand.example'],
      ['carol', 'carol@brand.example'],
      ['dave', 'dave@brand.example'],
      ['aaron', 'aaron@op.example'],
    ] as const) {
      await join(id, jid, id);
      const set = [{ id, jid, name: id, groups: [] }];
      await stores.friends.write('alice', { set, dirty: [], unset: [], bar: [], unbar: [] }, NOW);
    }
    // Carol's roster does not have Alice, and Alice's does not have Dave.
    for (const [id, jid] of [
      ['bob', 'bob@brand.example'],
      ['dave', 'dave@brand.example'],
      ['aaron', 'aaron@op.example'],
    ] as const)
      await noteItem(id, jid, ALICE);
    for (const jid of ['bob@brand.example', 'carol@brand.example', 'aaron@op.example'])
      await noteItem('alice', ALICE, jid);
  });

  async function noteItem(id: string, account: string, jid: string): Promise<void> {
    const next = { kind: 'made', name: '', groups: [], since: 'now' } as const;
    await stores.ledger.note(id, account, [{ jid, seen: undefined, next: { ...next, groups: [] } }]);
  }

  async function join(id: string, jid: string, digit: string): Promise<void> {
    const numbers = { phoneNumber: `+${digit}`, numberKey: digit.padEnd(12, 'A').slice(0, 12) };
    await addSubscriber(stores, { id, jid, ...numbers, displayName: id }, NOW);
  }

  function create(hosts: readonly string[], again?: readonly number[], few?: number) {
    const friends = createFriendsElsewhere(
      jobContext('component', stores, () => NOW),
      { hosts: [...hosts] },
      (jid) => online.has(jid),
      { ...(again && { again }), ...(few !== undefined && { few }) },
    );
    friends.workWith(present);
    return friends;
  }

  it('are asked once for each connection, where both rosters have the other', async () => {
    const friends = create(HOSTS);
    friends.seek(ALICE);
    friends.seek(ALICE);
    await eventually(() => expect(asked).to.deep.equal(['bob@brand.example']));
    friends.seek(ALICE);
    friends.forget();
    friends.seek(ALICE);
    await friends.stop();
    await eventually(() => expect(asked).to.deep.equal(['bob@brand.example', 'bob@brand.example']));
  });

  it('are asked again, as another server may not have been reached at first, and not when the connection is over', async () => {
    // Once: of two that come while Redis still answers the first, one is made.
    const friends = create(HOSTS, [1]);
    friends.seek(ALICE);
    await eventually(() => expect(asked).to.deep.equal(Array(2).fill('bob@brand.example')));
    friends.forget();
    friends.workWith(present);
    friends.seek(ALICE);
    await eventually(() => expect(asked).to.have.length(4));
    friends.forget();
    friends.workWith(undefined);
    friends.workWith(present);
    await friends.stop();
    expect(asked).to.have.length(4);
  });

  it('are asked once more of who went and came again, where more were remembered than are online', async () => {
    const friends = create(HOSTS, [], 1);
    online.add(ALICE);
    friends.seek(ALICE);
    await eventually(() => expect(asked).to.have.length(1));
    await friends.stop();
    for (const jid of ['aaron@op.example', 'nobody@op.example', ALICE]) friends.seek(jid);
    await friends.stop();
    expect(asked, 'who is there is remembered').to.have.length(1);
    online.clear();
    for (let i = 0; i < 4; i += 1) {
      friends.seek(`stranger-${i}@op.example`);
      await friends.stop();
    }
    friends.seek(ALICE);
    await eventually(() => expect(asked).to.have.length(2));
    await friends.stop();
  });

  it('are asked when the server is there', async () => {
    const friends = create(HOSTS);
    friends.workWith(undefined);
    friends.seek(ALICE);
    friends.workWith({});
    expect(asked).to.deep.equal([]);
    friends.workWith(present);
    await eventually(() => expect(asked).to.deep.equal(['bob@brand.example']));
    await friends.stop();
  });

  it('are not looked for where there is one home', async () => {
    const silent = { ...stores, subscribers: undefined } as unknown as Stores;
    const friends = createFriendsElsewhere(
      { ...jobContext('component', silent, () => NOW) },
      { hosts: [] },
      () => true,
    );
    friends.workWith(present);
    friends.seek(ALICE);
    await friends.stop();
    expect(asked).to.deep.equal([]);
  });
});
