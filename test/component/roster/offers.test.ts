import { expect } from 'chai';
import type { Context } from '../../../component/context.ts';
import { handOver } from '../../../component/hand-over.ts';
import { createPreparation } from '../../../component/preparation.ts';
import { type Contacts, createContacts } from '../../../component/presence/contacts.ts';
import type { PresenceTracker } from '../../../component/presence/presence.ts';
import { createOfferJob } from '../../../component/roster/offers.ts';
import type { RosterAbility } from '../../../component/server/server.ts';
import { type Bounces, createBounces } from '../../../component/stream/bounces.ts';
import type { Stream } from '../../../component/stream/stream.ts';
import { type Element, xml } from '../../../component/stream/xml.ts';
import { createContactJob } from '../../../component/tune/listen.ts';
import { createQuietOutbox } from '../../../component/tune/quiet-outbox.ts';
import { Fault } from '../../../domain/fault.ts';
import { ADMITTING } from '../../../domain/playing/outlets.ts';
import type { Stores } from '../../../store/stores.ts';
import type { Subscriber } from '../../../store/subscriber/subscriber-record.ts';
import { jobContext } from '../../support/context.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const JID = 'alice@op.example';
const BOB = { id: 'bob', jid: 'bob@op.example', name: 'Bob\u202E\n Li\u0001', groups: [] };
const NOTHING = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
const GRANTING = { rosters: {} as RosterAbility, presences: { namesAllAtConnect: true } };
const DIRTY = [{ jid: BOB.jid, id: BOB.id }];

describe('offers, where the server grants no privileges', () => {
  const server = useRedis();
  let stores: Stores;
  let sent: Element[];
  let offline: boolean;
  let context: Context;
  let stream: Stream;
  let bounces: Bounces;

  const presence = { of: () => [], sync: async () => {} } as unknown as PresenceTracker;
  const job = () => createOfferJob({ context, stream, presence, bounces, domain: 'tune.op.example' })('alice');
  const texts = () => sent.map((stanza) => stanza.getChildText('body'));
  const match = () => stores.friends.write('alice', { ...NOTHING, set: [BOB], dirty: DIRTY }, NOW);

  beforeEach(async () => {
    stores = server.freshStores();
    sent = [];
    offline = false;
    bounces = createBounces(
      () => NOW,
      (err) => expect.fail(String(err)),
    );
    stream = {
      async send(stanza: Element) {
        if (offline) throw new Fault('UNAVAILABLE', 'There is no stream.');
        sent.push(stanza);
      },
    } as unknown as Stream;
    context = jobContext('component', stores, () => NOW) as unknown as Context;
    const alice = { id: 'alice', phoneNumber: '+8613800138000', numberKey: 'AAAAAAAAAAAA', jid: JID, displayName: '' };
    await addSubscriber(stores, alice, NOW);
  });

  it('are in words that no name can bend', async () => {
    await match();
    await job();
    expect(texts()).to.deep.equal([
      'Somebody from your address book is here:\nBob Li: bob@op.example\nAdd them as contacts to see what they play.',
    ]);
    const [, chinese] = sent[0]?.getChildren('body') ?? [];
    expect(chinese?.attrs['xml:lang']).to.equal('zh');
    expect(chinese?.getText()).to.contain('\nBob Li：bob@op.example\n');
  });

  it('are made again when they surely were not sent, and never when they may have been', async () => {
    await match();
    offline = true;
    expect(await job().catch((err: Fault) => err)).to.have.property('code', 'UNAVAILABLE');
    offline = false;
    await job();
    expect(sent).to.have.length(1);
    // Whoever was killed right after the note, or right after the message, left just this behind.
    await match();
    await job();
    expect(sent).to.have.length(1);
    expect(await stores.due.isMarked('roster', 'alice')).to.equal(false);
  });

  it('are made again, later, when the server brings them back', async () => {
    await match();
    await job();
    const { id } = sent[0]?.attrs ?? {};
    for (const [type, count] of [
      ['chat', 0],
      ['error', 1],
    ] as const) {
      bounces.receive(xml('message', { from: JID, type, id }));
      await eventually(async () =>
        expect((await stores.friends.dirtyItems('alice')).items).to.deep.equal(DIRTY.slice(0, count)),
      );
    }
    expect(await stores.due.take('roster', NOW + 60_000, 1)).to.be.empty;
    expect(await stores.due.take('roster', NOW + 3_600_000, 1)).to.deep.equal(['alice']);
    await job();
    expect(sent).to.have.length(2);
  });

  it('are not made of who is in the roster already, from a time with privileges', async () => {
    await stores.ledger.note('alice', JID, [
      { jid: BOB.jid, seen: undefined, next: { kind: 'made', name: 'Bob', groups: [] } },
    ]);
    await match();
    await job();
    expect(sent).to.be.empty;
  });

  it('keep nobody waiting for a tune that cannot be cleared, and nothing due', async () => {
    await match();
    await job();
    await stores.friends.write('alice', { ...NOTHING, unset: ['bob'], dirty: DIRTY }, NOW);
    await createQuietOutbox(context)('alice');
    await job();
    await createQuietOutbox(context)('alice');
    await createContactJob(context, { greet: async () => {}, leave: () => {} })('alice');
    expect(await stores.sharing.partings('alice')).to.deep.equal({});
    expect((await stores.offers.whole('alice', JID)).size).to.equal(0);
    for (const queue of ['tune', 'roster', 'listen'] as const)
      expect(await stores.due.isMarked(queue, 'alice'), queue).to.equal(false);
  });

  it('end a parting though the tune is taken for cleared at that moment', async () => {
    await match();
    await job();
    await stores.friends.write('alice', { ...NOTHING, unset: [BOB.id], dirty: DIRTY }, NOW);
    const { partings } = stores.sharing;
    let cleared = false;
    stores.sharing.partings = async (id) => {
      const seen = await partings(id);
      if (!cleared) await stores.sharing.clear(id, 'xmpp', seen);
      cleared = true;
      return seen;
    };
    await job();
    expect(cleared).to.equal(true);
    expect(await partings('alice')).to.deep.equal({});
  });

  it('are handed over with the id of who parts, so that the parting ends', async () => {
    await stores.ledger.note('alice', JID, [
      { jid: BOB.jid, seen: undefined, next: { kind: 'made', name: 'Bob', groups: [], since: '1' } as never },
    ]);
    await stores.friends.write('alice', { ...NOTHING, set: [BOB] }, NOW);
    await stores.friends.write('alice', { ...NOTHING, unset: [BOB.id], dirty: DIRTY }, NOW);
    await handOver(context, 'op.example');
    expect((await stores.friends.dirtyItems('alice')).items).to.deep.equal(DIRTY);
  });

  it('free the JID that the subscriber has given up, though what was set there stays', async () => {
    await stores.ledger.note('alice', JID, [
      { jid: BOB.jid, seen: undefined, next: { kind: 'made', name: 'Bob', groups: [] } },
    ]);
    const numbers = (await stores.subscribers.record('alice')) as Subscriber;
    await stores.told.begin({ subscriber: numbers, generation: '' }, 'xmpp', JID, NOW);
    const change = stores.subscribers.identity.change('alice', { numbers, jid: 'alice.li@op.example' }, NOW);
    expect(await change).to.equal('ok');
    await job();
    expect(await stores.formerJids.list('alice'), 'the tune job has still to leave it').to.have.length(1);
    await createQuietOutbox(context)('alice');
    await job();
    expect(await stores.formerJids.list('alice')).to.be.empty;
    expect(await stores.subscribers.idOfJid(JID)).to.equal(undefined);
    expect((await stores.ledger.whole('alice', JID)).size).to.equal(0);
    expect((await stores.told.read('alice', 'xmpp')).address).to.equal(undefined);
  });

  it('are handed over to the usual way with everything to look at again, whoever dies between', async () => {
    await match();
    await job();
    await createQuietOutbox(context)('alice');
    await stores.ledger.note('alice', JID, [
      { jid: 'former@op.example', seen: undefined, next: { kind: 'made', name: '', groups: [] } },
    ]);
    let greetings = 0;
    const greetAll = async () => {
      greetings += 1;
    };
    const contacts = { greetAll } as Contacts;
    const prepare = createPreparation(context, { homeHost: 'op.example', hosts: [] }, contacts, {
      settle: () => {},
      follow: async () => {},
    });
    await prepare(GRANTING);
    expect((await stores.friends.dirtyItems('alice')).items, 'it never was the other way').to.be.empty;
    for (const time of [1, 2]) {
      await prepare({});
      await prepare(GRANTING);
      const { items } = await stores.friends.dirtyItems('alice');
      expect(items).to.have.deep.members([...DIRTY, { jid: 'former@op.example', id: '' }]);
      expect(greetings, 'contacts know what the component listens to').to.equal(2 * time);
    }
    await prepare(GRANTING);
    expect(greetings).to.equal(4);
    expect((await stores.offers.whole('alice', JID)).size).to.equal(0);
    expect((await stores.nowPlaying.read('alice')).access).to.deep.equal(ADMITTING);
    for (const queue of ['tune', 'roster', 'listen'] as const)
      expect(await stores.due.isMarked(queue, 'alice'), queue).to.equal(true);
  });

  it('come from a contact for users of the home host only', async () => {
    const domains = { domain: 'tune.op.example', homeHost: 'op.example' };
    const contacts = createContacts(context, domains, stream, () => xml('query'));
    const answers = async (from: string, type?: string) => {
      sent = [];
      contacts.receive(xml('presence', { from, type }));
      await new Promise(setImmediate);
      return sent.map(({ attrs }) => `${attrs.type ?? 'available'} ${attrs.to}`);
    };
    expect(await answers('eve@elsewhere.example', 'subscribe')).to.deep.equal(['unsubscribed eve@elsewhere.example']);
    expect(await answers('eve@elsewhere.example', 'probe')).to.be.empty;
    expect(await answers(`${JID}/phone`, 'subscribe')).to.deep.equal([
      `subscribed ${JID}`,
      `subscribe ${JID}`,
      `available ${JID}`,
    ]);
    expect(await answers(JID, 'unsubscribe')).to.deep.equal([`unsubscribed ${JID}`, `unavailable ${JID}`]);
    expect(await answers(JID, 'unsubscribed')).to.be.empty;
    expect(await answers(`${JID}/phone`)).to.be.empty;
    await contacts.greet(JID);
    expect(await answers(JID, 'unavailable'), 'who answers a probe').to.deep.equal([
      `unavailable ${JID}`,
      `available ${JID}`,
    ]);
  });

  it('come from a contact that is present under a resource, where the server wants one, and asks as itself', async () => {
    const domains = { domain: 'tune.op.example', homeHost: 'op.example' };
    const contacts = createContacts(context, domains, stream, () => xml('query'));
    contacts.workWith({ appearsAs: 'earshot' });
    sent = [];
    contacts.receive(xml('presence', { from: JID, type: 'subscribe' }));
    await contacts.greet(JID);
    contacts.receive(xml('presence', { from: JID, type: 'unavailable' }));
    await new Promise(setImmediate);
    expect(sent.map(({ attrs }) => `${attrs.type ?? 'available'} ${attrs.from}`)).to.have.members([
      'subscribed tune.op.example',
      'subscribe tune.op.example',
      'available tune.op.example/earshot',
      'probe tune.op.example',
      'unavailable tune.op.example/earshot',
      'available tune.op.example/earshot',
    ]);
  });
});
