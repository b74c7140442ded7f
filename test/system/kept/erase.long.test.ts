import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Client, xml } from '@xmpp/client';
import { expect } from 'chai';
import { madeNode } from '../../../component/roster/made-items.ts';
import { QUEUE_NAMES } from '../../../runtime/queue/queue-table.ts';
import { createKeys } from '../../../store/base/keys.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { AUDIENCE, startCarrier } from '../../support/http/carrier.ts';
import { type CarrierStream, openCarrierStream } from '../../support/http/carrier-stream.ts';
import { bearer } from '../../support/http/credentials.ts';
import { useEveryFeature } from '../../support/kept/every-feature.ts';
import { keyKinds, keysEverFilled } from '../../support/kept/key-kinds.ts';
import { type Needle, needle, type Trace, tracesIn, tracesInFiles, tracesInRedis } from '../../support/kept/traces.ts';
import { itExcept, SECOND_SERVER, TEST_SERVER } from '../../support/on-server.ts';
import { type DavServer, startRadicale, USER } from '../../support/servers/carddav.ts';
import { writeFilesAnew } from '../../support/servers/ejabberd-files.ts';
import { FIRST, SECOND as SECOND_HOME } from '../../support/servers/second-home.ts';
import { type Sink, startSink } from '../../support/servers/sink.ts';
import { type ScriptedServer, startScriptedServer } from '../../support/sip/scripted-server.ts';
import { startTestStack, withRedis } from '../../support/stack.ts';
import { connectFriend, type FriendClient, letsIn } from '../../support/xmpp/friend-client.ts';
import { xmppClient } from '../../support/xmpp/xmpp-client.ts';

/** There its files are written anew, as an operator can do (decision 294), where it is the only server. */
const ON_EJABBERD = TEST_SERVER === 'ejabberd';
const KEEPS_DELETED: Parameters<typeof itExcept>[0] = SECOND_SERVER
  ? { ejabberd: 'its files keep what was deleted until they are written anew, which is tried with one home' }
  : {};

/** In which languages it speaks: one has a needle's word. */
const SERVERS_OWN_TEXTS = /ejabberd\/spool\/translations\.cache$/;

const NUMBER = '+8613800138000';
const SECOND = '+4915146788794';
const FORMER = '+8613811138111';
const PHOTO = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

import { startPatiently } from '../../support/xmpp/patient-start.ts';

describe('erasing a subscriber', () => {
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let api: Api;
  let dav: DavServer;
  let sink: Sink;
  let stream: CarrierStream;
  let presence: ScriptedServer;
  let alice: Person;
  let carrier: Awaited<ReturnType<typeof startCarrier>>;
  let [bob, carol, dave, eve] = [] as Person[];
  let clients: FriendClient[];
  let needles: Needle[];
  /** Every key that was filled before Alice was gone. */
  let written: ReadonlySet<string>;
  /** At the XMPP server an account of one's own stays one's own. */
  let elsewhere: Needle[];

  before(async () => {
    carrier = await startCarrier();
    presence = await startScriptedServer(() => ({ status: '200 OK', headers: ['SIP-ETag: tag'] }));
    stack = await startTestStack({
      env: {
        EARSHOT_SIP_SERVER: `tcp://127.0.0.1:${presence.port}`,
        EARSHOT_SIP_DOMAIN: 'op.example',
        EARSHOT_LOG_LEVEL: 'trace',
        EARSHOT_PUBLISH_INTERVAL_MS: '100',
        EARSHOT_SOURCE_ALLOW: '127.0.0.1',
        EARSHOT_SINK_ALLOW: '127.0.0.1',
        EARSHOT_NUMBER_BUDGET: '6',
        EARSHOT_ASSERTION_ISSUER: carrier.issuer,
        EARSHOT_ASSERTION_JWKS_URL: carrier.jwksUrl,
        EARSHOT_ASSERTION_AUDIENCE: AUDIENCE,
      },
    });
    api = createApi(stack);
    dav = await startRadicale();
    sink = await startSink();
    [bob, carol, dave, eve] = [
      await api.join('+8613900139000', 'Bob'),
      await api.join('+8613700137000', 'Carol'),
      await api.join('+8613600136000', 'Dave'),
      await api.join('+8613300133000', 'Eve'),
    ];
    clients = await Promise.all([bob, carol, dave].map((person) => connectFriend(stack, person as Person)));
    stream = openCarrierStream(() => [stack.gatewayUrl], bearer(stack.operatorKey));
    await stream.begun();
    await live();
  });

  after(async () => {
    await Promise.all((clients ?? []).map((one) => one.leave()));
    await dav?.stop();
    await stream?.close();
    await sink?.stop();
    await carrier?.stop();
    await stack?.stop();
    await presence?.stop();
  });

  const person = (one: Person | undefined) => one as Person;
  const bobs = () => clients[0] as FriendClient;

  /** The same request, whenever it is made. */
  const create = () =>
    api.call(
      'POST',
      '/v1/subscribers',
      { phoneNumber: FORMER, displayName: 'Zyx Alice' },
      { 'idempotency-key': 'new' },
    );
  const issue = () => api.call('POST', `/v1/subscribers/${alice.id}/tokens`, undefined, { 'idempotency-key': 'once' });

  /** A whole life: numbers and accounts that came and went, books, photos, friends and noes both ways, tunes, calls that were refused. */
  async function live(): Promise<void> {
    const created = await api.expectStatus(201, create());
    alice = { ...(created.body as unknown as Person), id: String(created.body.subscriberId), phoneNumber: FORMER };
    const issued = await api.expectStatus(201, api.call('POST', `/v1/subscribers/${alice.id}/tokens`));
    alice.token = String(issued.body.token);
    const path = `/v1/subscribers/${alice.id}`;
    await api.expectStatus(200, api.call('PATCH', path, { phoneNumber: NUMBER, otherPhoneNumbers: [SECOND] }));
    for (const [one, name] of [
      [bob, 'My mate'],
      [carol, 'That one'],
      [dave, 'The other'],
      [eve, 'That woman'],
    ] as const)
      await api.putBook(person(one), [{ name, phoneNumbers: [SECOND, '+8613500135000'] }]);
    await api.putVcards(
      alice,
      [bob, carol, dave, eve].map((one, i) => vcard(`Kontakt Nummer${i}`, person(one).phoneNumber)).join('') +
        vcard('Kontakt Fremd', '+8613512345678'),
    );
    const photo = `PHOTO;ENCODING=b;TYPE=PNG:${PHOTO}`;
    await dav.put('friend', ['FN:Kontakt Fern', `TEL:${person(bob).phoneNumber}`, photo]);
    const credentials = { url: dav.book, ...USER };
    await api.expectStatus(202, api.call('PUT', `${path}/address-book/sources/home`, credentials));
    await eventually(async () =>
      expect((await api.call('GET', `${path}/address-book/sources/home`)).body).to.include({ contacts: 1 }),
    );
    for (const one of clients) await one.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await moveThereAndBack(path);
    await turnDown();
    await api.play(alice, { title: 'Ein neues Geheimlied', artist: 'Die Geheimen', length: 600 });
    await bobs().hears(alice.jid, 'Ein neues Geheimlied');
    await useAllElse();
    await callMore(path);
    needles = needlesOf(alice);
    elsewhere = [needle('former account', 'alice-side')];
  }

  async function moveThereAndBack(path: string): Promise<void> {
    await stack.server().makeAccount('alice-side@op.example', 'secret');
    await api.play(alice, { title: 'Ein altes Geheimlied', length: 600 });
    for (const jid of ['alice-side@op.example', alice.jid]) {
      await bobs().hears(jid === alice.jid ? 'alice-side@op.example' : alice.jid, 'Ein altes Geheimlied');
      await api.expectStatus(200, api.call('PATCH', path, { jid }));
      await bobs().item(jid, (item) => expect(item).to.include({ subscription: 'both' }));
    }
  }

  /** Alice turns Dave down, and Carol turns Alice down. */
  async function turnDown(): Promise<void> {
    const alices = await connectFriend(stack, alice);
    await alices.item(person(dave).jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await alices.setItem({ jid: person(dave).jid, subscription: 'remove' });
    await clients[1]?.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await clients[1]?.setItem({ jid: alice.jid, subscription: 'remove' });
    await alices.leave();
    // Both rosters are read when a label changes.
    await api.expectStatus(200, api.call('PATCH', `/v1/subscribers/${alice.id}`, { displayName: 'Zyx Alice Neu' }));
    for (const one of [carol, dave])
      await api.putBook(person(one), [{ name: 'Somebody', phoneNumbers: [SECOND, '+8613500135000'] }]);
    await api.putVcards(
      alice,
      [bob, carol, dave, eve].map((one, i) => vcard(`Kontakt Neu${i}`, person(one).phoneNumber)).join('') +
        vcard('Kontakt Fremd', '+8613512345678'),
    );
    await eventually(async () => {
      expect(await api.friends(person(carol))).to.be.empty;
      expect(await api.friends(person(dave))).to.be.empty;
    });
    await api.settled(alice, person(bob), person(carol), person(dave));
  }

  async function useAllElse(): Promise<void> {
    const client = await connectFriend(stack, alice);
    const other = await connect(stack, { jid: 'alice-side@op.example', password: 'secret' });
    const numbers = [NUMBER, SECOND] as const;
    const damage = () =>
      withRedis(stack, async (redis) => {
        await redis.hSet(createKeys('earshot').subscriber(alice.id), 'keyIds', 'of another key');
      });
    const scene = {
      api,
      carrier,
      dav,
      sink,
      stream,
      person: alice,
      numbers,
      client,
      other,
      enemy: person(eve),
      damage,
    };
    await useEveryFeature(scene).finally(() => Promise.all([other.stop(), client.leave()]));
  }

  async function callMore(path: string): Promise<void> {
    await api.expectStatus(201, issue());
    await api.expectStatus(200, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: NUMBER }));
    await api.expectStatus(409, api.call('POST', '/v1/subscribers', { phoneNumber: NUMBER }));
    await api.expectStatus(403, api.call('GET', `${path}/friends`, undefined, bearer(person(bob).token)));
    await api.expectStatus(401, api.call('GET', `${path}/friends`, undefined, bearer('est_wrong')));
    await api.expectStatus(400, api.call('PUT', `${path}/now-playing`, { kind: 'audio', title: 'Lied', length: 'x' }));
    await api.expectStatus(200, api.call('GET', '/v1/subscribers/me', undefined, bearer(alice.token)));
    const row = `${JSON.stringify({ phoneNumber: NUMBER, displayName: 'Zyx Alice Import' })}\n`;
    const type = { 'content-type': 'application/x-ndjson' };
    expect((await api.call('POST', '/v1/imports', row, type)).text).to.contain('updated');
    const other = await api.call('POST', '/v1/imports', '{"phoneNumber":"+8613512345690"}\n', type);
    expect(other.text, 'an account is ordered').to.contain('waiting');
  }

  async function scan(what: readonly Needle[] = needles): Promise<Trace[]> {
    const traces: Trace[] = [];
    await withRedis(stack, async (redis) => {
      traces.push(...(await tracesInRedis(redis, what)));
    });
    traces.push(...(await tracesInFiles(stack.dataDir, what)));
    return traces.filter(({ where }) => !SERVERS_OWN_TEXTS.test(where));
  }

  const ofServer = ({ where }: Trace) => where.startsWith(`${TEST_SERVER}/`) || where.startsWith('second/');
  /** Beside the files of the XMPP server, which have a test of their own. */
  const scanRest = async (what?: readonly Needle[]) => (await scan(what)).filter((trace) => !ofServer(trace));

  /** Until nothing is left to be done for anybody. */
  async function settled(...ids: string[]): Promise<void> {
    await eventually(() =>
      withRedis(stack, async (redis) => {
        for (const id of ids) expect(await keysMatching(redis, `*${id}*`)).to.be.empty;
        // What a friend's server was told lately, and may forget, names whom it was about for 45 seconds.
        const named = await tracesInRedis(
          redis,
          ids.map((id) => needle('id', id)),
        );
        expect(named.filter(({ where }) => where.endsWith(':lately'))).to.deep.equal([]);
        // The worker empties these every second.
        for (const key of await keysMatching(redis, '*:queue}:*:events')) expect(await redis.xLen(key)).to.equal(0);
        // A sink is told that somebody has gone, and then nothing is known of what it was told before.
        for (const key of await keysMatching(redis, '*:{sink-*}:told')) {
          const told = JSON.stringify(await redis.hGetAll(key));
          for (const id of ids) expect(told).to.not.contain(id);
        }
        for (const key of await keysMatching(redis, '*:{sink-*}:sent'))
          expect(await redis.zRange(key, 0, -1)).to.not.include.members([...ids]);
        for (const queue of QUEUE_NAMES.filter((name) => name !== 'sink'))
          for (const key of await keysMatching(redis, `*:due:${queue}`)) {
            const due = await redis.zRange(key, 0, Date.now() + 60_000, { BY: 'SCORE' });
            expect(due, key).to.be.empty;
          }
      }),
    );
  }

  /** What Redis has appended to its file is there until it writes the file anew; as commands, so that nothing is compressed. */
  async function rewriteAppendOnlyFile(): Promise<void> {
    await withRedis(stack, async (redis) => {
      const run = (...words: string[]) =>
        (redis as unknown as { sendCommand(words: string[]): Promise<unknown> }).sendCommand(words);
      await run('CONFIG', 'SET', 'aof-use-rdb-preamble', 'no');
      await run('BGREWRITEAOF');
      await eventually(async () => {
        const info = `${await run('INFO', 'persistence')}`;
        expect(info)
          .to.match(/aof_rewrite_in_progress:0/)
          .and.match(/aof_rewrite_scheduled:0/);
      });
    });
  }

  it('is preceded by traces of everything, so that the search can fail', async () => {
    const found = new Set((await scan([...needles, ...elsewhere])).map(({ what }) => what));
    const everything = [...needles, ...elsewhere].map(({ what }) => what);
    expect(everything.filter((what) => !found.has(what) && !NEVER_KEPT.includes(what))).to.deep.equal([]);
    expect(NEVER_KEPT.filter((what) => found.has(what))).to.deep.equal([]);
    const logs = (await scan()).filter(({ where }) => where.startsWith('logs/'));
    expect(logs, 'in the logs already before').to.deep.equal([]);
  });

  it('leaves nothing of number, name, id, JID, title, token, photo or contact in Redis, in its file, or in logs', async () => {
    const heard = bobs().tunes.length;
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
    await bobs().hears(alice.jid, undefined);
    await settled(alice.id);
    written = await keysEverFilled(join(stack.dataDir, 'redis'), 'earshot');
    await rewriteAppendOnlyFile();
    expect(await scanRest([...needles, ...elsewhere])).to.deep.equal([]);
    expect(
      bobs()
        .tunes.slice(heard)
        .map(({ tune }) => tune),
    ).to.deep.equal([{}]);
    expect(await letsIn(stack, alice)).to.equal(false);
  });

  itExcept(KEEPS_DELETED, 'leaves nothing in the files of the XMPP server, beside the user’s own account', async () => {
    // Of an account that may look at a tune by name ejabberd keeps a message for whoever is away.
    await (await connectFriend(stack, person(eve))).leave();
    const own = ON_EJABBERD ? /./ : /^prosody\/data\/.*alice%2dside\.(?:dat|list|lidx)$/;
    // The nodes in which friends' accounts keep what Earshot made there are written every two seconds (decision 298).
    await eventually(async () => {
      if (ON_EJABBERD) await writeFilesAnew(stack);
      const found = [...(await scan()), ...(await scan(elsewhere)).filter(({ where }) => !own.test(where))];
      expect(found.filter(ofServer)).to.deep.equal([]);
    });
  });

  it('has searched every kind of key: all of them were filled before', () => {
    const homes = SECOND_SERVER ? [FIRST, SECOND_HOME.host] : [];
    const unseen = keyKinds('earshot', homes).filter((kind) => ![...written].some((key) => kind.test(key)));
    expect(
      unseen.map(({ source }) => source.replace('@.+$', '$')),
      'let useEveryFeature() fill these, too',
    ).to.have.members([
      ...ELSEWHERE,
      ...([TEST_SERVER, SECOND_SERVER].includes('ejabberd') ? [] : WHERE_SERVERS_FORGET),
    ]);
  });

  it('leaves no answer to be had again: a request repeated with its Idempotency-Key is told so, and not done', async () => {
    for (const again of [create, issue]) {
      const { status, text } = await again();
      expect(status, text).to.equal(409);
      expect(tracesIn('answer', Buffer.from(text), needles)).to.deep.equal([]);
    }
  });

  it('leaves no item in anybody’s roster, and no tune in any account', async () => {
    for (const one of clients) {
      const items = Buffer.from(JSON.stringify(await one.roster()));
      expect(tracesIn('roster', items, [...needles, ...elsewhere])).to.deep.equal([]);
    }
    const side = { jid: 'alice-side@op.example', password: 'secret' };
    expect((await itemsOf(stack, side)).includes('Geheimlied')).to.equal(false);
    const sides = await connectFriend(stack, side);
    expect(await sides.roster()).to.deep.equal([]);
    await sides.leave();
  });

  itExcept(
    KEEPS_DELETED,
    'leaves nothing in the memory of the XMPP server either, that a restart of all could write down',
    async () => {
      for (const part of ['server', 'component', 'worker', 'gateway', 'redis'] as const) await stack.restart(part);
      await stack.untilReady();
      if (ON_EJABBERD) await writeFilesAnew(stack);
      expect(await scan()).to.deep.equal([]);
    },
  );

  it('frees the number: whoever gets it has an account and a life of its own', async () => {
    const heir = await eventually(() => api.join(FORMER, 'Heir'));
    expect(heir.id).to.not.equal(alice.id);
    // The name of an account tells nothing of its number, so the next one has another.
    expect(heir.jid).to.not.equal(alice.jid);
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${heir.id}`));
    const again = await eventually(() => api.join(FORMER, 'Heir'));
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${again.id}`));
    await settled(heir.id, again.id);
  });

  it('leaves an account that was there before, without what Earshot did there', async () => {
    const side = { jid: 'lena@op.example', password: 'secret' };
    await stack.server().makeAccount(side.jid, side.password);
    const body = { phoneNumber: '+8613500135000', displayName: 'Lena', jid: side.jid };
    const { body: created } = await api.expectStatus(201, api.call('POST', '/v1/subscribers', body));
    const lena = { ...side, id: String(created.subscriberId), phoneNumber: body.phoneNumber, token: '' };
    const lenas = await connectFriend(stack, lena);
    await lenas.setItem({ jid: 'own@elsewhere.example', name: 'My own' });
    await api.putBook(lena, [{ name: 'Bob', phoneNumbers: [person(bob).phoneNumber] }]);
    await lenas.item(person(bob).jid, (item) => expect(item).to.include({ subscription: 'both' }));
    // Where Earshot keeps which of her roster items it has made; such nodes are written every two seconds (decision 298).
    const node = madeNode(stack.env.EARSHOT_COMPONENT_SECRET ?? '', side.jid);
    await eventually(async () => expect(await nodesOf(lenas, side.jid)).to.contain(node));
    await api.play(lena, { title: 'Lenas Lied', length: 600 });
    await eventually(async () => expect(await itemsOf(stack, side)).to.contain('Lenas Lied'));
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${lena.id}`));
    await settled(lena.id);
    expect((await lenas.roster()).map(({ jid }) => jid)).to.deep.equal(['own@elsewhere.example']);
    expect(await itemsOf(stack, side)).to.match(/<tune[^>]*\/>/);
    await eventually(async () => expect(await nodesOf(lenas, side.jid)).to.not.contain(node));
    await lenas.leave();
    await rewriteAppendOnlyFile();
    const kept = ['logs', 'redis'].map((part) => tracesInFiles(join(stack.dataDir, part), [needle('JID', side.jid)]));
    expect((await Promise.all(kept)).flat()).to.deep.equal([]);
  });

  itExcept(KEEPS_DELETED, 'leaves nothing that was played in the files of such an account', async () => {
    if (ON_EJABBERD) await writeFilesAnew(stack);
    expect(await tracesInFiles(stack.server().dir, [needle('title', 'Lenas Lied')])).to.deep.equal([]);
  });

  it('waits for a component that is away, and is done when it is back, whatever is killed meanwhile', async () => {
    const mona = await api.join('+8613400134000', 'Mona');
    await stack.kill('component');
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${mona.id}`));
    expect((await api.call('GET', `/v1/subscribers/${mona.id}`)).status).to.equal(404);
    await stack.kill('worker');
    await stack.restart('worker');
    expect(await letsIn(stack, mona), 'nobody can delete it yet').to.equal(true);
    await stack.restart('component');
    await settled(mona.id);
    expect(await letsIn(stack, mona)).to.equal(false);
  });
});

/**
 * Kept only where the server grants no privileges: `test/system/server/unprivileged.test.ts` looks there. And of an outlet that
 * tells nobody apart it is never kept who may look.
 */
const ELSEWHERE = [
  '^earshot:\\{p\\d\\d\\}:.+:offered:.+$',
  '^earshot:offering$',
  '^earshot:\\{p\\d\\d\\}:.+:access:sip$',
];

/** Kept only where the server may forget what it was told: `test/component/lapses/told-again.test.ts` looks there. */
const WHERE_SERVERS_FORGET = ['^earshot:\\{p\\d\\d\\}:.+:lately$', '^earshot:\\{p\\d\\d\\}:due:lately$'];

/** Of what is only kept as a hash, or sealed: nobody reads it in a dump of Redis, whatever was used. */
const NEVER_KEPT = [
  'token',
  'name of a contact who is nobody’s friend',
  'name of a contact who waits',
  'name of a card that was refused',
  'number of a contact who is nobody',
  'number of a contact who waits',
];

function needlesOf({ id, jid, phoneNumber, token, password }: Person): Needle[] {
  const hash = createHash('sha256').update(token).digest('base64url');
  return [
    needle('id', id),
    needle('number', NUMBER),
    needle('second number', SECOND),
    needle('former number and JID', phoneNumber),
    needle('JID', jid),
    needle('name', 'Zyx Alice'),
    needle('contact', 'Kontakt'),
    needle('title', 'neues Geheimlied'),
    needle('artist', 'Die Geheimen'),
    needle('former title', 'altes Geheimlied'),
    needle('title of a player', 'Geheimes vom Player'),
    needle('device', 'Zyx Alice’s phone'),
    needle('player', 'Player of Zyx Alice'),
    needle('name of a contact who is nobody’s friend', 'Kontakt Fremd'),
    needle('name of a contact who waits', 'Kontakt darüber'),
    needle('name of a card that was refused', 'Kontakt ohne'),
    needle('number of a contact who is nobody', '+8613512345678'),
    needle('number of a contact who waits', '+8613512345604'),
    needle('token', token),
    needle('token’s hash', hash),
    needle('password', password),
    { what: 'photo', forms: [Buffer.from(PHOTO, 'base64'), Buffer.from(PHOTO)] },
  ];
}

function vcard(name: string, number: string): string {
  return `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${name}\r\nTEL:${number}\r\nCATEGORIES:Kontaktgruppe\r\nPHOTO;ENCODING=b;TYPE=PNG:${PHOTO}\r\nEND:VCARD\r\n`;
}

async function connect(
  server: { xmpp: { port: number; domain: string } },
  account: { jid: string; password: string },
): Promise<Client> {
  const xmpp = xmppClient(server, account);
  xmpp.on('error', () => {});
  await startPatiently(xmpp);
  return xmpp;
}

/** What the account's own PEP node of tunes holds, as its user sees it. */
async function itemsOf(
  server: { xmpp: { port: number; domain: string } },
  account: { jid: string; password: string },
): Promise<string> {
  const xmpp = await connect(server, account);
  const items = xml('items', { node: 'http://jabber.org/protocol/tune' });
  const answer = await xmpp.iqCaller.get(xml('pubsub', { xmlns: 'http://jabber.org/protocol/pubsub' }, items));
  await xmpp.stop();
  return `${answer}`;
}

/** The nodes of the account, as its user sees them (XEP-0030). */
async function nodesOf({ xmpp }: FriendClient, jid: string): Promise<string> {
  const query = xml('query', { xmlns: 'http://jabber.org/protocol/disco#items' });
  return `${await xmpp.iqCaller.request(xml('iq', { type: 'get', to: jid }, query))}`;
}

async function keysMatching(redis: unknown, pattern: string): Promise<string[]> {
  return (redis as { keys(pattern: string): Promise<string[]> }).keys(pattern);
}
