import { expect } from 'chai';
import type { LedgerEntry } from '../../../domain/friendship/roster.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_800_000_000_000;
const JID = 'alice@op.example';
const [BOB, CAROL] = ['bob@op.example', 'carol@op.example'];
const PENDING: LedgerEntry = { kind: 'made', name: 'Bob', groups: [], pending: true };
const MADE: LedgerEntry = { kind: 'made', name: 'Bob', groups: [], since: 'abcd' };
const DIRTY = [
  { jid: BOB, id: 'bob' },
  { jid: CAROL, id: 'carol' },
];

describe('the ledger of a roster', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await stores.friends.write('alice', { set: [], unset: [], dirty: DIRTY, bar: [], unbar: [] }, NOW);
    await stores.ledger.note('alice', JID, [{ jid: BOB, seen: undefined, next: PENDING }]);
  });

  it('notes what is done and takes the marks that were seen away, in one step, and the due time with the last', async () => {
    const { marks } = await stores.friends.dirtyItems('alice');
    const change = { jid: BOB, seen: PENDING, next: MADE };
    expect(await stores.ledger.note('alice', JID, [change], { [BOB]: marks[BOB] ?? '', [CAROL]: 'another' })).to.equal(
      true,
    );
    expect(await stores.ledger.some('alice', JID, [BOB, CAROL])).to.deep.equal([MADE, undefined]);
    expect((await stores.friends.dirtyItems('alice')).items).to.deep.equal([{ jid: CAROL, id: 'carol' }]);
    expect(await stores.due.isMarked('roster', 'alice')).to.equal(true);
    await stores.ledger.note('alice', JID, [], { [CAROL]: marks[CAROL] ?? '' });
    expect(await stores.due.isMarked('roster', 'alice')).to.equal(false);
  });

  it('notes nothing, and leaves every mark, when another process has changed one of the entries meanwhile', async () => {
    const { marks } = await stores.friends.dirtyItems('alice');
    await stores.ledger.note('alice', JID, [{ jid: BOB, seen: PENDING, next: undefined }]);
    const changes = [
      { jid: CAROL, seen: undefined, next: MADE },
      { jid: BOB, seen: PENDING, next: MADE },
    ];
    expect(await stores.ledger.note('alice', JID, changes, marks)).to.equal(false);
    expect((await stores.ledger.whole('alice', JID)).size).to.equal(0);
    expect((await stores.friends.dirtyItems('alice')).items).to.have.length(2);
  });
});
