import { xml } from '@xmpp/client';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { codeFor } from '../../support/http/codes.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { type CommandAnswer, type Commander, createCommander, submitForm } from '../../support/xmpp/adhoc.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const NAMES = [
  ...['link', 'playing', 'friends', 'play', 'stop', 'private', 'privacy', 'devices', 'passwords', 'account'],
  'forget',
];
/** Text that would do harm if it were not cleaned, escaped and checked; what XML cannot carry would end the client's own stream. */
const HOSTILE = '\u202E<b>]]>&amp;\u0090\u{1F3B5}</b>\u2066';
const CLEAN = '<b>]]>&amp;\u{1F3B5}</b>';

describe('commands from an XMPP client', () => {
  const stack = useStack({
    env: {
      EARSHOT_PUBLISH_INTERVAL_MS: '100',
      EARSHOT_CODES_PER_NUMBER: '1000/1',
      EARSHOT_CODES_PER_NUMBER_AND_ADDRESS: '1000/1',
      EARSHOT_CODES_PER_ADDRESS: '1000/1',
      EARSHOT_PUBLIC_URL: 'https://tune.example',
    },
  });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let alices: FriendClient;
  let bobs: FriendClient;
  let hers: Commander;
  let his: Commander;
  /** Who makes the mistakes, and has a limit of her own. */
  let dora: Person;
  let doras: Commander;
  const guests: FriendClient[] = [];

  before(async () => {
    [alice, bob] = await joinPair(api);
    alices = await connectFriend(stack, alice);
    bobs = await connectFriend(stack, bob);
    hers = createCommander(alices.xmpp);
    his = createCommander(bobs.xmpp);
    dora = await api.join('+8613500135000', 'Dora');
    guests.push(await connectFriend(stack, dora));
    doras = createCommander((guests[0] as FriendClient).xmpp);
    await api.putBook(alice, [{ name: 'My Bob', phoneNumbers: [bob.phoneNumber], groups: ['Band', 'Work'] }]);
    await api.putBook(bob, [{ name: 'Ali', phoneNumbers: [alice.phoneNumber] }]);
    await bobs.item(alice.jid, (item) => expect(item?.subscription).to.equal('both'));
  });

  after(async () => {
    for (const client of [alices, bobs, ...guests]) await client?.leave();
  });

  /** Somebody of the host who is no subscriber. */
  async function guest(name: string): Promise<{ client: FriendClient; commands: Commander; jid: string }> {
    const jid = `${name}@op.example`;
    await stack.server().makeAccount(jid, 'secret');
    const client = await connectFriend(stack, { jid, password: 'secret' });
    guests.push(client);
    return { client, commands: createCommander(client.xmpp), jid };
  }

  const refused = (step: Promise<unknown>) =>
    step.then(
      () => 'nothing wrong',
      (err: Error) => err.message,
    );
  const privacyOf = async (person: Person) =>
    (await api.expectStatus(200, api.call('GET', api.path(person, 'privacy')))).body;

  it('are found by service discovery, as forms, in the language of who asks', async () => {
    const [service, list, node] = await Promise.all([
      hers.info(),
      hers.info('http://jabber.org/protocol/commands'),
      hers.info('earshot#play'),
    ]);
    expect(service.features).to.include.members(['http://jabber.org/protocol/commands', 'jabber:x:data']);
    expect(list.identities).to.deep.equal(['automation/command-list']);
    expect(node.identities).to.deep.equal(['automation/command-node']);
    expect(node.features).to.include.members(['http://jabber.org/protocol/commands', 'jabber:x:data']);
    expect(await refused(hers.info('earshot#nonsense'))).to.equal('item-not-found');
    const items = await hers.list();
    expect(Object.keys(items)).to.deep.equal(NAMES.map((name) => `earshot#${name}`));
    expect(items['earshot#friends']).to.equal('Friends found');
    expect((await hers.list('zh-CN'))['earshot#friends']).to.equal('找到的好友');
    expect((await hers.start('play', 'zh')).title).to.equal('播放');
    expect(await hers.start('play', 'fr')).to.include({ title: 'Play', lang: 'en' });
  });

  it('play something that friends then see, show it to them, and stop it', async () => {
    const form = await hers.start('play');
    expect(form).to.include({ status: 'executing', form: 'form', execute: undefined });
    expect(form.fields.kind?.options).to.deep.equal({ audio: 'Audio', video: 'Video' });
    const played = await hers.submit('play', form, {
      title: HOSTILE,
      artist: 'Björk',
      source: 'Homogenic',
      length: '5:05',
      rating: '9',
      uri: 'https://example.org/joga',
    });
    expect(played).to.include({ status: 'completed', sessionid: form.sessionid });
    await bobs.hears(alice.jid, CLEAN);
    const { body } = await api.call('GET', api.path(alice, 'now-playing'));
    expect(body).to.include({ title: CLEAN, artist: 'Björk', length: 305, rating: 9, kind: 'audio', shared: true });
    const seen = await his.start('playing');
    expect(seen).to.include({ status: 'completed', form: 'result' });
    // No table: Gajim 1.7 hangs on one, Psi 1.5 and profanity show none.
    expect(seen.rows).to.deep.equal([]);
    expect(seen.fields['friend-1']).to.deep.include({
      label: 'Ali',
      values: [`Björk – ${CLEAN} – Homogenic – https://example.org/joga`],
    });
    const stopped = await hers.start('stop');
    expect(stopped).to.include({ status: 'completed', form: undefined });
    expect(stopped.notes).to.deep.equal([{ type: 'info', text: 'Nothing plays now.' }]);
    await bobs.hears(alice.jid, undefined);
    expect((await his.start('playing')).notes[0]?.text).to.contain('None of your friends');
    expect(await refused(hers.submit('play', form, { title: 'again' }))).to.equal('bad-request bad-sessionid');
  });

  it('ask again for what is missing or wrong, with what was filled in, and do nothing by halves', async () => {
    const form = await doras.start('play');
    const wrong: [Record<string, string>, string][] = [
      [{}, '“Title” is missing.'],
      [{ title: '\u0090 \u202E' }, '“Title” is missing.'],
      [{ title: 'x'.repeat(1025) }, '“Title” is longer than 1024 characters.'],
      [{ title: 'x', length: '99999' }, 'The length is a number of seconds up to 65535, or minutes such as 3:25.'],
      [{ title: 'x', length: '-1' }, 'The length is a number of seconds up to 65535, or minutes such as 3:25.'],
      [{ title: 'x', rating: '11' }, 'The rating is a whole number from 1 to 10.'],
      [{ title: 'x', kind: 'smell' }, '“Kind” has a value that is not among those offered.'],
      [
        { title: 'x', uri: 'javascript:alert(1)' },
        'The link must be the whole address of a web page or an app, such as https://example.org/song.',
      ],
    ];
    for (const [fields, text] of wrong) {
      const again = await doras.submit('play', form, fields);
      expect(again).to.include({ status: 'executing', form: 'form', sessionid: form.sessionid });
      expect(again.notes).to.deep.equal([{ type: 'error', text }]);
    }
    const again = await doras.submit('play', await doras.start('play', 'zh-Hans'), { artist: 'Björk' });
    expect(again.notes[0]?.text).to.equal('缺少“标题”。');
    expect(again.fields.artist?.values).to.deep.equal(['Björk']);
    expect((await api.call('GET', api.path(dora, 'now-playing'))).status).to.equal(204);
  });

  it('answer a request that breaks the protocol with the protocol’s own errors, and go on', async () => {
    const form = await doras.start('play');
    const send = (attrs: Record<string, string>, x?: Parameters<Commander['command']>[1]) =>
      refused(doras.command({ node: 'earshot#play', sessionid: form.sessionid, ...attrs }, x));
    const filled = submitForm({ title: 'x' });
    expect(await send({ action: 'dance' }, filled)).to.equal('bad-request malformed-action');
    expect(await send({ action: 'prev' })).to.equal('bad-request bad-action');
    expect(await send({})).to.equal('bad-request bad-payload');
    expect(await send({}, submitForm({ title: 'x' }, 'result'))).to.equal('bad-request bad-payload');
    expect(await send({ sessionid: 'nonsense' }, filled)).to.equal('bad-request bad-sessionid');
    expect(await send({ node: 'earshot#stop' }, filled)).to.equal('bad-request bad-sessionid');
    expect(await send({ node: 'earshot#nonsense' }, filled)).to.equal('item-not-found');
    expect(await send({ sessionid: '', action: 'complete' }, filled)).to.equal('bad-request bad-action');
    // The session is the client's that began it.
    const second = await connectFriend(stack, dora, undefined, 'second');
    guests.push(second);
    const other = createCommander(second.xmpp);
    expect(await refused(other.submit('play', form, { title: 'x' }))).to.equal('bad-request bad-sessionid');
    expect(await refused(his.submit('play', form, { title: 'x' }))).to.equal('bad-request bad-sessionid');
    const canceled = await doras.command({ node: 'earshot#play', sessionid: form.sessionid, action: 'cancel' });
    expect(canceled).to.include({ status: 'canceled', sessionid: form.sessionid, form: undefined });
    expect(await send({}, filled)).to.equal('bad-request bad-sessionid');
    const closed = await doras.start('play');
    const closing = { node: 'earshot#play', sessionid: closed.sessionid };
    expect(await doras.command(closing, submitForm({}, 'cancel'))).to.include({ status: 'canceled' });
  });

  it('keep five sessions of one account, and take two at once from two clients, one step after the other', async () => {
    const second = guests.find(({ xmpp }) => xmpp.jid?.resource === 'second') as FriendClient;
    const other = createCommander(second.xmpp);
    const [mine, theirs] = await Promise.all([doras.start('play'), other.start('play')]);
    const both = await Promise.all([
      doras.submit('play', mine, { title: 'One' }),
      other.submit('play', theirs, { title: 'Two' }),
    ]);
    expect(both.map(({ status }) => status)).to.deep.equal(['completed', 'completed']);
    await doras.start('stop');
    // The same form sent twice at once is taken once.
    const twice = await doras.start('play');
    const answers = await Promise.all([1, 2].map(() => refused(doras.submit('play', twice, { title: 'Once' }))));
    expect(answers.sort()).to.deep.equal(['bad-request bad-sessionid', 'nothing wrong']);
    await doras.start('stop');
    const six: CommandAnswer[] = [];
    for (let i = 0; i < 6; i += 1) six.push(await doras.start('play'));
    expect(await refused(doras.submit('play', six[0] as CommandAnswer, {}))).to.equal('bad-request bad-sessionid');
    expect((await doras.submit('play', six[5] as CommandAnswer, {})).status).to.equal('executing');
  });

  it('begin and end a private session', async () => {
    await api.play(alice, { title: 'Secret', length: 300 });
    await bobs.hears(alice.jid, 'Secret');
    const form = await hers.start('private');
    for (const text of ['soon', '-1h', '99999d', '1e3', HOSTILE]) {
      const again = await hers.submit('private', form, { for: text });
      expect(again.notes[0], text).to.include({ type: 'error' });
    }
    const begun = await hers.submit('private', form, { for: '1.5h' });
    expect(begun.status).to.equal('completed');
    await bobs.hears(alice.jid, undefined);
    const { privateUntil } = await privacyOf(alice);
    const lasts = Date.parse(String(privateUntil)) - Date.now();
    expect(lasts / 60_000).to.be.within(88, 90);
    const on = await hers.start('private');
    expect(on.notes[0]?.text).to.contain('Nobody sees what you play until');
    expect(on.fields.for?.values).to.deep.equal(['off']);
    expect((await hers.submit('private', on, { for: 'off' })).status).to.equal('completed');
    await bobs.hears(alice.jid, 'Secret');
    expect((await privacyOf(alice)).privateUntil).to.equal(null);
    await hers.start('stop');
  });

  it('change who finds one, who sees the tune and who is blocked, as the API has it', async () => {
    const form = await hers.start('privacy');
    expect(form.fields.discoverable?.values).to.deep.equal(['1']);
    expect(form.fields.groups?.options).to.deep.equal({ Band: 'Band', Work: 'Work' });
    expect(form.fields.people?.options).to.deep.equal({ [bob.id]: 'My Bob' });
    const settings = { discoverable: '1', audience: 'groups', groups: ['Work'], blocked: ['+8613700137000'] };
    const wrong: [Record<string, string | string[]>, string][] = [
      [{ ...settings, groups: [] }, 'Choose at least one group.'],
      [{ ...settings, groups: [HOSTILE] }, 'not among those offered'],
      [{ ...settings, blocked: ['+8613700137000', HOSTILE] }, 'Blocked number 2 is no valid number'],
      [{ ...settings, discoverable: HOSTILE }, 'is yes or no'],
      [{ ...settings, people: ['somebody'] }, 'not among those offered'],
      [{ ...settings, blocked: Array.from({ length: 1001 }, (_, i) => `+86139${10_000_000 + i}`) }, 'more than 1000'],
    ];
    for (const [fields, text] of wrong)
      expect((await hers.submit('privacy', form, fields)).notes[0]?.text).to.contain(text);
    expect((await hers.submit('privacy', form, settings)).status).to.equal('completed');
    expect(await privacyOf(alice)).to.deep.include({
      discoverable: true,
      audience: { groups: ['Work'] },
      blocked: [{ phoneNumber: '+8613700137000' }],
    });
    // Somebody else was quicker: the form comes again with what is true now.
    const stranger = await api.join('+4915146788794');
    const stale = await hers.start('privacy');
    await api.expectStatus(
      200,
      api.call('PUT', api.path(alice, 'privacy'), {
        discoverable: true,
        audience: 'nobody',
        privateUntil: null,
        blocked: [{ subscriberId: stranger.id }],
      }),
    );
    const again = await hers.submit('privacy', stale, settings);
    expect(again.notes[0]?.text).to.contain('Somebody else has just changed');
    expect(again.fields.audience?.values).to.deep.equal(['nobody']);
    expect(again.fields.people?.values).to.deep.equal([stranger.id]);
    const open = await hers.submit('privacy', again, { discoverable: '1', audience: 'friends' });
    expect(open.status).to.equal('completed');
    expect(await privacyOf(alice)).to.deep.include({ audience: 'friends', blocked: [] });
  });

  it('take groups that are chosen for the audience, also where it was left as it stood', async () => {
    const submit = async (fields: Record<string, string | string[]>) =>
      (await hers.submit('privacy', await hers.start('privacy'), { discoverable: '1', ...fields })).notes[0]?.text;
    for (const before of ['friends', 'nobody']) {
      await submit({ audience: before });
      expect(await submit({ audience: before, groups: ['Band'] })).to.contain('groups see what you play: Band.');
      expect(await privacyOf(alice)).to.deep.include({ audience: { groups: ['Band'] } });
    }
    expect(await submit({ audience: 'friends', groups: ['Work'] }), 'both were changed').to.contain('You chose groups');
    expect(await privacyOf(alice)).to.deep.include({ audience: { groups: ['Band'] } });
    expect(await submit({ audience: 'nobody', groups: ['Work'] })).to.contain('Nobody sees');
    await submit({ audience: 'groups', groups: ['Band'] });
    expect(await submit({ audience: 'friends', groups: ['Band'] })).to.contain('All your friends see');
    expect(await privacyOf(alice)).to.deep.include({ audience: 'friends' });
  });

  it('offer as many groups as an answer can hold, and keep the stream for everybody', async () => {
    const groups = Array.from({ length: 250 }, (_, i) => `${i} ${'&'.repeat(1000)}`);
    const contacts = groups.map((group, i) => ({
      name: `${i}`,
      phoneNumbers: [`+86135${20_000_000 + i}`],
      groups: [group],
    }));
    await api.putBook(dora, contacts);
    const { fields } = await doras.start('privacy');
    expect(Object.keys(fields.groups?.options ?? {}))
      .to.have.length.within(10, 249)
      .and.include(groups[0]);
  });

  it('list friends by the names in one’s own book', async () => {
    const { fields, rows } = await hers.start('friends');
    expect(fields['friend-1']).to.deep.include({ label: 'My Bob', values: [`${bob.jid} – online`] });
    expect(rows).to.deep.equal([]);
  });

  it('list devices and log one out', async () => {
    const issued = await api.call('POST', `/v1/subscribers/${bob.id}/tokens`, { deviceName: HOSTILE });
    const token = String(issued.body.token);
    const own = { authorization: `Bearer ${token}` };
    await api.expectStatus(200, api.call('GET', '/v1/subscribers/me', undefined, own));
    const form = await his.start('devices');
    const options = Object.entries(form.fields.revoke?.options ?? {});
    const [tokenId] = options.find(([, label]) => label.startsWith(CLEAN)) ?? [''];
    expect(options).to.have.length(2);
    expect((await his.submit('devices', form, { revoke: ['nonsense'] })).notes[0]?.type).to.equal('error');
    const done = await his.submit('devices', form, { revoke: [tokenId] });
    expect(done.notes).to.deep.equal([{ type: 'info', text: 'One device is logged out.' }]);
    await api.expectStatus(401, api.call('GET', '/v1/subscribers/me', undefined, own));
  });

  it('make an application password that works, show it, again until its owner has it, and revoke it', async () => {
    const form = await his.start('passwords');
    expect(form.fields).to.have.all.keys('create');
    const created = await his.submit('passwords', form, { create: 'Kitchen' });
    expect(created).to.include({ status: 'completed', form: 'result' });
    const { user, password, lastfm, webhook } = created.fields;
    expect(user?.values).to.deep.equal([bob.id]);
    expect(password?.values[0]).to.match(/^[a-z0-9-]{34}$/);
    expect(lastfm?.values).to.deep.equal(['https://tune.example/2.0/']);
    const path = String(webhook?.values[0]).replace('https://tune.example', '');
    const event = {
      eventName: 'nowplaying',
      time: Date.now(),
      data: { song: { processed: { artist: 'A', track: 'From the kitchen' }, parsed: {} } },
    };
    const said = await fetch(stack.gatewayUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    });
    expect(said.status, await said.text()).to.equal(200);
    await alices.hears(bob.jid, 'From the kitchen');
    // Psi shows no answer to a form that was filled in: what stood there can be had again.
    const again = await his.start('passwords');
    expect(again.fields.password?.values).to.deep.equal(password?.values);
    expect(again.fields.webhook?.values).to.deep.equal(webhook?.values);
    await his.submit('passwords', again, { seen: '1' });
    const list = await his.start('passwords');
    expect(list.fields).to.have.all.keys('create', 'revoke');
    const [[id, label] = ['', '']] = Object.entries(list.fields.revoke?.options ?? {});
    expect(label).to.match(/^Kitchen \(since /);
    expect((await his.submit('passwords', list, { revoke: id })).notes[0]?.text).to.equal('One password is revoked.');
    await alices.hears(bob.jid, undefined);
  });

  it('link a number by its code: the account becomes the subscriber of a number that nobody had', async () => {
    const { commands, jid } = await guest('carol');
    expect(Object.keys(await commands.list())).to.deep.equal(['earshot#link']);
    expect(await refused(commands.start('friends'))).to.equal('forbidden');
    const form = await commands.start('link');
    expect(form).to.include({ execute: 'next' });
    expect(form.actions).to.deep.equal(['next']);
    for (const number of ['', '13700137000', HOSTILE, '+86137'])
      expect((await commands.submit('link', form, { number }, 'next')).notes[0]?.type, number).to.equal('error');
    const early = commands.submit('link', form, { number: '+8613700137000' }, 'complete');
    expect(await refused(early)).to.equal('bad-request bad-action');
    const asked = await commands.submit('link', form, { number: '+8613700137000' }, 'next');
    expect(asked).to.include({ status: 'executing', execute: 'complete' });
    expect(asked.actions).to.deep.equal(['prev', 'complete']);
    const back = await commands.command({ node: 'earshot#link', sessionid: asked.sessionid, action: 'prev' });
    expect(back.fields.number?.values).to.deep.equal(['+8613700137000']);
    await commands.submit('link', back, { number: '+86 137 0013 7000' });
    const code = await codeFor(api, '+8613700137000');
    const wrong = code === '000000' ? '000001' : '000000';
    expect((await commands.submit('link', back, { code: wrong })).notes[0]?.text).to.contain('not valid');
    expect((await commands.submit('link', back, { code: HOSTILE })).notes[0]?.text).to.contain('six digits');
    const done = await commands.submit('link', back, { code: ` ${code.slice(0, 3)} ${code.slice(3)}` });
    expect(done).to.include({ status: 'completed' });
    expect(done.notes).to.deep.equal([{ type: 'info', text: 'This account is linked to +8613700137000.' }]);
    const { body } = await api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: '+8613700137000' });
    expect(body.jid).to.equal(jid);
    expect((await commands.start('link')).notes[0]?.text).to.equal('This account is linked to +8613700137000.');
    expect(Object.keys(await commands.list())).to.have.length(NAMES.length);
  });

  it('move a number’s subscriber to the account that proves the number, and keep an account of another where it is', async () => {
    const { client, commands, jid } = await guest('bobby');
    const linkTo = async (other: Commander, number: string) => {
      const form = await other.start('link');
      await other.submit('link', form, { number });
      return { form, code: await codeFor(api, number) };
    };
    const { form, code } = await linkTo(commands, bob.phoneNumber);
    const done = await commands.submit('link', form, { code });
    expect(done.notes[0]?.text).to.contain('It was linked to another account before.');
    const { body } = await api.call('GET', `/v1/subscribers/${bob.id}`);
    expect(body.jid).to.equal(jid);
    await client.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Ali' }));
    expect(Object.keys(await his.list())).to.deep.equal(['earshot#link']);
    // An account that became a subscriber's while its user was asked for a code.
    const late = await guest('late');
    const { form: open, code: theirs } = await linkTo(late.commands, '+8613600136000');
    await api.expectStatus(201, api.call('POST', '/v1/subscribers', { phoneNumber: '+8613600136001', jid: late.jid }));
    expect(await refused(late.commands.submit('link', open, { code: theirs }))).to.equal('bad-request bad-sessionid');
    await api.expectStatus(404, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: '+8613600136000' }));
  });

  it('leave entries in the audit trail for what changes something, and none for a look', async () => {
    const search = await api.expectStatus(
      200,
      api.call('POST', '/v1/audit/search', { subscriberId: alice.id, limit: 1000 }),
    );
    const entries = search.body.entries as unknown as { operation: string; caller: string; status: number }[];
    const commands = entries.filter(({ operation }) => operation.startsWith('COMMAND '));
    const operations = new Set(commands.map(({ operation }) => operation));
    expect([...operations].sort()).to.deep.equal([
      'COMMAND play',
      'COMMAND privacy',
      'COMMAND private',
      'COMMAND stop',
    ]);
    expect(commands.every(({ caller }) => caller === 'subscriber')).to.equal(true);
    expect(commands.some(({ operation, status }) => operation === 'COMMAND privacy' && status === 400)).to.equal(true);
    const unknown = await api.expectStatus(200, api.call('GET', '/v1/audit?trail=unknown&limit=1000'));
    const tries = unknown.body.entries as unknown as { operation: string; status: number }[];
    expect(tries.filter(({ operation }) => operation === 'COMMAND link').map(({ status }) => status)).to.include(401);
  });

  it('forget somebody who confirms it', async () => {
    const carol = guests.find(({ xmpp }) => xmpp.jid?.local === 'carol') as FriendClient;
    const commands = createCommander(carol.xmpp);
    const form = await commands.start('forget');
    for (const fields of [{}, { confirm: '0' }, { confirm: HOSTILE }])
      expect((await commands.submit('forget', form, fields as Record<string, string>)).notes[0]?.type).to.equal(
        'error',
      );
    await api.expectStatus(200, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: '+8613700137000' }));
    expect((await commands.submit('forget', form, { confirm: 'true' })).status).to.equal('completed');
    await api.expectStatus(404, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: '+8613700137000' }));
    expect(Object.keys(await commands.list())).to.deep.equal(['earshot#link']);
  });

  it('are sixty a minute for one account; then it is told to wait', async () => {
    const { commands } = await guest('eager');
    const answers: string[] = [];
    for (let i = 0; i < 61; i += 1)
      answers.push(
        await refused(
          commands.ask('set', xml('command', { xmlns: 'http://jabber.org/protocol/commands', node: 'earshot#link' })),
        ),
      );
    expect(answers.slice(0, 60)).to.satisfy((all: string[]) => all.every((one) => one === 'nothing wrong'));
    expect(answers[60]).to.equal('policy-violation');
  });
});
