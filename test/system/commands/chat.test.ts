import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, xml } from '@xmpp/client';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { createChatter } from '../../support/xmpp/adhoc.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const SERVICE = 'tune.op.example';

describe('commands as text, in a chat', () => {
  const stack = useStack({
    env: {
      EARSHOT_PUBLISH_INTERVAL_MS: '100',
      EARSHOT_CODES_PER_NUMBER: '1/120',
      EARSHOT_CODES_PER_ADDRESS: '1000/1',
    },
  });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let alices: FriendClient;
  let bobs: FriendClient;
  let hers: ReturnType<typeof createChatter>;
  let his: ReturnType<typeof createChatter>;
  const guests: FriendClient[] = [];

  before(async () => {
    [alice, bob] = await joinPair(api);
    alices = await connectFriend(stack, alice);
    bobs = await connectFriend(stack, bob);
    alices.xmpp.iqCallee.get('urn:xmpp:time', 'time', () =>
      xml('time', { xmlns: 'urn:xmpp:time' }, xml('tzo', {}, '+14:00'), xml('utc', {}, new Date().toISOString())),
    );
    hers = createChatter(alices.xmpp);
    his = createChatter(bobs.xmpp);
    await api.putBook(alice, [{ name: 'My Bob', phoneNumbers: [bob.phoneNumber], groups: ['Band'] }]);
    await api.putBook(bob, [{ name: 'Ali', phoneNumbers: [alice.phoneNumber] }]);
    await bobs.item(alice.jid, (item) => expect(item?.subscription).to.equal('both'));
  });

  after(async () => {
    for (const client of [alices, bobs, ...guests]) await client?.leave();
  });

  async function guest(name: string): Promise<FriendClient> {
    const jid = `${name}@op.example`;
    await stack.server().makeAccount(jid, 'secret');
    const client = await connectFriend(stack, { jid, password: 'secret' });
    guests.push(client);
    return client;
  }

  const privacyOf = async (person: Person) =>
    (await api.expectStatus(200, api.call('GET', api.path(person, 'privacy')))).body;

  it('answer help in the language of the word, in the same thread', async () => {
    const help = await hers.asks('Help', {}, xml('thread', {}, 't-1'));
    expect(help).to.contain('play Artist - Title').and.contain('forget me');
    expect(hers.heard.at(-1)?.attrs.type).to.equal('chat');
    expect(hers.heard.at(-1)?.getChildText('thread')).to.equal('t-1');
    expect(await hers.asks('帮助'))
      .to.contain('播放 歌手 - 歌名')
      .and.contain('忘记我');
    expect(await hers.asks('what?', { 'xml:lang': 'zh' })).to.contain('我没有听懂');
    await hers.asks('help', { type: 'normal' });
    expect(hers.heard.at(-1)?.attrs.type).to.equal('normal');
  });

  it('play, show and stop', async () => {
    expect(await hers.asks('play Björk – Jóga')).to.contain('That plays now');
    await bobs.hears(alice.jid, 'Jóga');
    expect((await api.call('GET', api.path(alice, 'now-playing'))).body).to.include({ artist: 'Björk', title: 'Jóga' });
    expect(await his.asks('playing')).to.equal('Ali: Björk – Jóga');
    expect(await his.asks('friends')).to.equal(`Ali: ${alice.jid} – online`);
    expect(await hers.asks('停止')).to.equal('现在没有在播放。');
    await bobs.hears(alice.jid, undefined);
    expect(await hers.asks('播放王菲 - 红豆')).to.contain('正在播放');
    await bobs.hears(alice.jid, '红豆');
    expect(await hers.asks('play title: A\nuri: javascript:alert(1)')).to.contain('The link must be');
    expect(await hers.asks('play Kind of Blue')).to.contain('That plays now');
    await bobs.hears(alice.jid, 'Kind of Blue');
    expect(await hers.asks('play')).to.contain('What your friends are to see');
    expect(await hers.asks('title Named\nlength 3:25; kind video')).to.contain('That plays now');
    await bobs.hears(alice.jid, 'Named');
    expect((await api.call('GET', api.path(alice, 'now-playing'))).body).to.include({ kind: 'video', length: 205 });
  });

  it('keep a private session', async () => {
    const until = await hers.asks('private 2h');
    expect(until, 'by her own clock')
      .to.match(/^Nobody sees what you play until \d{4}-\d\d-\d\d \d\d:\d\d\.$/)
      .and.contain(new Date(Date.now() + 16 * 3_600_000).toISOString().slice(0, 10));
    await bobs.hears(alice.jid, undefined);
    expect(await hers.asks('private soon')).to.contain('Say how long');
    expect(await hers.asks('私密 关')).to.equal('现在没有私密时段。');
    await bobs.hears(alice.jid, 'Named');
    expect(await hers.asks('stop')).to.equal('Nothing plays now.');
  });

  it('show the privacy settings and change one by its name, leaving the others', async () => {
    const shown = await hers.asks('privacy');
    expect(shown).to.contain('discoverable').and.contain('1. Band');
    expect(await hers.asks('groups 1')).to.equal(
      'The settings hold from now on. Friends in these groups see what you play: Band.',
    );
    expect(await privacyOf(alice)).to.deep.include({ audience: { groups: ['Band'] }, blocked: [] });
    expect(await hers.asks('privacy blocked +8613700137000, +8613600136000')).to.contain('hold from now on');
    expect(await hers.asks('privacy audience friends; 可以 nothing')).to.not.contain('hold from now on');
    expect(await privacyOf(alice)).to.deep.include({ audience: { groups: ['Band'] } });
    const { blocked } = await privacyOf(alice);
    expect(blocked).to.have.length(2);
    expect(await hers.asks('privacy blocked -\naudience friends')).to.contain('hold from now on');
    expect(await privacyOf(alice)).to.deep.include({ audience: 'friends', blocked: [] });
  });

  it('log out a device by its place in the list that was shown, and by no place that was not', async () => {
    const { body } = await api.call('POST', `/v1/subscribers/${bob.id}/tokens`, { deviceName: 'Old phone' });
    expect(await his.asks('devices revoke 1')).to.contain('not among those offered');
    expect(await his.asks('devices')).to.contain('1. Old phone');
    expect(await his.asks('revoke 1')).to.equal('One device is logged out.');
    const own = { authorization: `Bearer ${String(body.token)}` };
    await api.expectStatus(401, api.call('GET', '/v1/subscribers/me', undefined, own));
  });

  it('give an application password away in a message that no archive keeps', async () => {
    const answer = await his.asks('passwords create Kitchen');
    expect(answer).to.match(/Password: [a-z0-9-]{34}\n/);
    expect(his.heard.at(-1)?.getChild('no-store', 'urn:xmpp:hints')).to.not.equal(undefined);
    const again = await his.asks('passwords');
    expect(again)
      .to.contain('1. Kitchen')
      .and.contain(/Password: ([a-z0-9-]{34})\n/.exec(answer)?.[1]);
    expect(his.heard.at(-1)?.getChild('no-store', 'urn:xmpp:hints')).to.not.equal(undefined);
    expect(await his.asks('cancel')).to.equal('Nothing was changed.');
  });

  it('link a number by its code', async () => {
    const carol = await guest('carol');
    const chat = createChatter(carol.xmpp);
    expect(await chat.asks('friends')).to.contain('not linked to a phone number');
    expect(await chat.asks('link +86137')).to.contain('no valid number');
    expect(await chat.asks('link +8613700137000')).to.contain('A code was sent');
    const code = await eventually(async () => {
      const { body } = await api.call('GET', '/v1/verification/outbox');
      const [one] = body.codes as unknown as { code: string }[];
      if (!one) throw new Error('no code');
      return one.code;
    });
    expect(await chat.asks(`code ${code === '000000' ? '000001' : '000000'}`)).to.contain('not valid');
    expect(await chat.asks(`code ${code}`)).to.equal('This account is linked to +8613700137000.');
    expect(await chat.asks('link +8613600136000')).to.equal('This account is linked to +8613700137000.');
    const other = createChatter((await guest('other')).xmpp);
    expect(await other.asks('绑定 +8613700137000'))
      .to.contain('请在')
      .and.contain('后再试');
  });

  it('forget nobody before it is confirmed', async () => {
    const chat = createChatter((guests[0] as FriendClient).xmpp);
    expect(await chat.asks('forget me yes')).to.contain('Answer “yes”');
    expect(await chat.asks('no')).to.equal('Nothing was changed.');
    expect(await chat.asks('yes'), 'to nothing that is asked').to.contain('I do not understand that');
    await api.expectStatus(200, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: '+8613700137000' }));
    await chat.asks('forget me');
    expect(await chat.asks('yes')).to.contain('is being erased');
    await api.expectStatus(404, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: '+8613700137000' }));
  });

  it('answer nothing that nobody has written, and not for ever what is not understood', async () => {
    const xmpp = (await guest('bot')).xmpp as Client;
    const chat = createChatter(xmpp);
    const send = (type: string, ...children: ReturnType<typeof xml>[]) =>
      xmpp.send(xml('message', { to: SERVICE, type }, ...children));
    const body = xml('body', {}, 'help');
    await send('error', body, xml('error', { type: 'cancel' }, xml('gone', 'urn:ietf:params:xml:ns:xmpp-stanzas')));
    await send('headline', body);
    await send('groupchat', body);
    await send('chat', xml('received', { xmlns: 'urn:xmpp:receipts', id: '1' }));
    await send('chat', xml('displayed', { xmlns: 'urn:xmpp:chat-markers:0', id: '1' }));
    await send('chat', xml('composing', { xmlns: 'http://jabber.org/protocol/chatstates' }));
    await send('chat', xml('body', {}, ' \n '));
    await xmpp.send(xml('message', { to: `nobody@${SERVICE}`, type: 'chat' }, body));
    expect(await chat.asks('OMEMO', {}, xml('encryption', { xmlns: 'urn:xmpp:eme:0', namespace: 'x' }))).to.contain(
      'encrypted',
    );
    expect(chat.heard).to.have.length(1);
    for (let i = 0; i < 8; i += 1) await send('chat', xml('body', {}, '\u202E<help/>&'));
    await chat.asks('help');
    const beginnings = () => chat.heard.map((message) => message.getChildText('body')?.slice(0, 8));
    await eventually(() => expect(beginnings().at(-1)).to.equal('I am Ear'));
    expect(beginnings()).to.deep.equal(['I cannot', ...Array<string>(4).fill('I do not'), 'I am Ear']);
    const refused = () => chat.heard.at(-1)?.getChildText('body')?.includes('Too often') === true;
    // One after the other: of many at once only some wait.
    for (let i = 0; i < 70 && !refused(); i += 1) await chat.asks('help');
    expect(refused()).to.equal(true);
    const heard = chat.heard.length;
    await send('chat', xml('body', {}, 'help'));
    await sleep(200);
    expect(chat.heard.length).to.equal(heard);
  });
});
