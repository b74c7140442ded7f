import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { pino } from 'pino';
import { ClientOfflineError } from 'redis';
import type { Context } from '../../../component/context.ts';
import { createEchoes } from '../../../component/stream/echoes.ts';
import { type Element, xml } from '../../../component/stream/xml.ts';
import { createOwnTunes } from '../../../component/tune/own-tunes.ts';
import { shownBy } from '../../../domain/playing/told.ts';
import { fingerprint } from '../../../domain/playing/tune.ts';
import type { Situation } from '../../../store/playing/situation.ts';
import type { Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const TUNE = 'http://jabber.org/protocol/tune';
const JID = 'alice@op.example';
const song = (title: string) => xml('tune', { xmlns: TUNE }, xml('title', {}, title));
const event = (content: Element | undefined, from = JID, node = TUNE) =>
  xml(
    'message',
    { from, type: 'headline' },
    xml('event', { xmlns: 'http://jabber.org/protocol/pubsub#event' }, xml('items', { node }, content)),
  );
const item = (title: string) => xml('item', { id: 'current' }, song(title));

describe('events of user tunes', () => {
  const log = pino({ level: 'silent' });
  const server = useRedis();
  let stores: Stores;
  let context: Context;

  beforeEach(async () => {
    stores = server.freshStores();
    const alice = { id: 'alice', phoneNumber: '+8613800138000', numberKey: 'AAAAAAAAAAAA', jid: JID, displayName: '' };
    await addSubscriber(stores, alice, NOW);
    context = { stores, log, echoes: createEchoes(() => NOW), now: () => NOW } as Context;
  });

  async function receive(messages: Element | Element[], mayRepeat = false): Promise<string[]> {
    const own = createOwnTunes(context, { homeHost: 'op.example', popular: 'on' }, () => mayRepeat);
    for (const message of [messages].flat()) own.receive(message);
    await own.stop();
    return (await stores.nowPlaying.read('alice')).devices.map(({ device, tune }) => `${device}: ${tune.title}`);
  }

  it('count when they come from the account itself, about this node', async () => {
    const strangers = [
      event(item('x'), `${JID}/phone`),
      event(item('x'), 'alice@elsewhere.example'),
      event(item('x'), 'nobody@op.example'),
      event(item('x'), JID, 'urn:xmpp:avatar:metadata'),
      xml('message', { from: JID }, xml('body', {}, 'hello')),
      xml('message', { from: 'op.example' }),
    ];
    expect(await receive(strangers)).to.deep.equal([]);
    expect(await receive(event(item('Jóga')))).to.deep.equal(['xmpp: Jóga']);
  });

  it('are followed in their order', async () => {
    expect(await receive(['A', 'B', 'C'].map((title) => event(item(title))))).to.deep.equal(['xmpp: C']);
  });

  it('are followed in their order though a tune takes longer to follow than its end', async () => {
    const { told } = stores;
    context.stores = { ...stores, told: { ...told, read: (...asked) => sleep(50).then(() => told.read(...asked)) } };
    expect(await receive([event(item('Stopped at once')), event(xml('retract', { id: 'current' }))])).to.deep.equal([]);
  });

  it('are followed again when Redis was away, the newest alone', async () => {
    const { subscribers } = stores;
    let away = 2;
    const idOfJid = (jid: string) => {
      away -= 1;
      return away < 0 ? subscribers.idOfJid(jid) : Promise.reject(new ClientOfflineError());
    };
    context.stores = { ...stores, subscribers: { ...subscribers, idOfJid } };
    const own = createOwnTunes(context, { homeHost: 'op.example', popular: 'on' }, () => false);
    for (const title of ['A', 'B']) own.receive(event(item(title)));
    await eventually(async () => {
      const { devices } = await stores.nowPlaying.read('alice');
      expect(devices.map(({ tune }) => tune.title)).to.deep.equal(['B']);
    });
    await own.stop();
  });

  it('end a tune by an empty one, a retraction, a purge and a deletion', async () => {
    const ends = [
      event(xml('item', { id: 'current' }, xml('tune', { xmlns: TUNE }))),
      event(xml('retract', { id: 'current' })),
      ...['purge', 'delete'].map((name) =>
        xml(
          'message',
          { from: JID },
          xml('event', { xmlns: 'http://jabber.org/protocol/pubsub#event' }, xml(name, { node: TUNE })),
        ),
      ),
    ];
    for (const end of ends) {
      expect(await receive(event(item('Jóga')))).to.deep.equal(['xmpp: Jóga']);
      expect(await receive(end), end.toString()).to.deep.equal([]);
    }
  });

  it('are old news when the server repeats a tune that ended, because the component has just appeared', async () => {
    await receive(event(item('Long over')));
    await stores.nowPlaying.stop('alice', undefined, NOW);
    expect(await receive(event(item('Long over')), true)).to.deep.equal([]);
    expect(await receive(event(item('News')), true)).to.deep.equal(['xmpp: News']);
  });

  it('are our own when a publish was under way as another process died', async () => {
    const tune = { kind: 'video' as const, title: 'On the phone' };
    await stores.nowPlaying.play('alice', { device: 'phone', tune, since: NOW, expiresAt: NOW + 60_000 }, NOW);
    await stores.told.begin((await stores.situations.read('alice', 'xmpp')) as Situation, 'xmpp', JID, NOW);
    expect(await receive(event(item('On the phone')))).to.deep.equal(['phone: On the phone']);
    expect(await receive(event(item('At the desk')))).to.have.members(['phone: On the phone', 'xmpp: At the desk']);
  });

  const tuneOf = (fields: Record<string, string>) =>
    event(
      xml(
        'item',
        { id: 'current' },
        xml(
          'tune',
          { xmlns: TUNE },
          Object.entries(fields).map(([name, text]) => xml(name, {}, text)),
        ),
      ),
    );

  for (const [what, fields, title] of [
    ['only an address', { uri: 'https://radio.example/live' }, 'https://radio.example/live'],
    ['a blank title and an artist', { artist: 'Björk', title: ' ' }, 'Björk'],
    ['an invisible title and a source', { source: 'Post', title: '\u200B' }, 'Post'],
    [
      'nothing else to be seen',
      { artist: '\u3164', title: '', uri: 'https://radio.example/' },
      'https://radio.example/',
    ],
  ] as const)
    it(`are shown as what they are with ${what}, and the end of them is heard`, async () => {
      expect(await receive(tuneOf(fields))).to.deep.equal([`xmpp: ${title}`]);
      const [device] = (await stores.nowPlaying.read('alice')).devices;
      expect(device?.tune.title).to.equal(title);
      expect(shownBy(await stores.told.read('alice', 'xmpp'))).to.equal(fingerprint(device?.tune));
      expect(await receive(tuneOf({}))).to.deep.equal([]);
    });

  for (const [what, fields] of [
    ['a blank title', { title: ' ' }],
    ['a rating', { rating: '5' }],
    ['a link that a friend may not be given', { uri: 'javascript:alert(1)' }],
  ] as const)
    it(`are taken off the server when they say nothing that can be shown (${what})`, async () => {
      expect(await receive(tuneOf(fields))).to.deep.equal([]);
      expect((await stores.told.read('alice', 'xmpp')).state, 'the next tune job publishes').to.equal('unknown');
      expect(await stores.due.isMarked('tune', 'alice')).to.equal(true);
    });
});
