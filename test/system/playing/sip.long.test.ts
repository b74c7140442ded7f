import { expect } from 'chai';
import { freePort } from '../../../local/ports.ts';
import { type EarshotProcess, startProcess } from '../../../local/processes.ts';
import { createKeys } from '../../../store/base/keys.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { type KamailioStack, startKamailioStack } from '../../support/sip/kamailio-stack.ts';
import { type ScriptedServer, startScriptedServer } from '../../support/sip/scripted-server.ts';
import { DOMAIN } from '../../support/sip/sip-subject.ts';
import { type Phone, startBaresip, startSipp } from '../../support/sip/watchers.ts';
import { startTestStack, withRedis } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
const HOUR = 3_600_000;

describe('phones of others that watch a number', () => {
  let subject: KamailioStack;
  let api: Api;
  let alice: Person;
  let bob: Person;
  let phones: Phone[];

  before(async () => {
    subject = await startKamailioStack();
    api = createApi(subject.stack);
    [alice, bob] = await joinFriends(api);
    phones = await watch();
  });

  after(async () => {
    for (const phone of phones ?? []) await phone.stop();
    await subject?.stop();
  });

  const watch = () =>
    Promise.all([startBaresip, startSipp].map((start) => start(subject.folder, subject.port, alice.phoneNumber)));
  const print = (note: string | undefined) => Promise.all(phones.map((phone) => phone.prints(note)));
  const consent = (settings: object, person = alice) =>
    api.expectStatus(200, api.call('PUT', api.path(person, 'privacy'), { ...OPEN, ...settings }));
  const plays = (title: string) => api.play(alice, { title, artist: 'Björk', length: 600 });

  /** What was told is noted: nothing is on its way. */
  const noted = () =>
    eventually(() =>
      withRedis(subject.stack, async (redis) => {
        expect(await redis.hGet(createKeys('earshot').told(alice.id, 'sip'), 'state')).to.match(/^(?:told|hidden)$/);
      }),
    );

  it('print the title, the next one, and its end', async () => {
    await plays('Träck & Co');
    await print('♪ Träck &amp; Co — Björk');
    await plays('Second');
    await print('♪ Second — Björk');
    await api.stop(alice);
    await print(undefined);
  });

  it('print nothing of a private session, of what only some may see, nor of somebody who is blocked', async () => {
    const hidden = [
      [{ privateUntil: new Date(Date.now() + HOUR).toISOString() }, alice],
      [{ audience: { groups: ['Work'] } }, alice],
      [{ blocked: [{ subscriberId: alice.id }] }, bob],
    ] as const;
    for (const [i, [settings, person]] of hidden.entries()) {
      await plays(`Shown ${i}`);
      await print(`♪ Shown ${i} — Björk`);
      await consent(settings, person);
      await print(undefined);
      await plays(`Hidden ${i}`);
      await noted();
      await api.stop(alice);
      await consent({}, person);
      await api.settled(alice, bob);
      await plays(`Shown again ${i}`);
      await print(`♪ Shown again ${i} — Björk`);
      for (const phone of phones) expect(phone.text()).to.not.contain(`♪ Hidden ${i}`);
    }
  });

  it('print what has come meanwhile, and nothing that was withdrawn, when the process was killed and is back', async () => {
    await plays('Before the kill');
    await print('♪ Before the kill — Björk');
    await noted();
    await subject.stack.kill('sip');
    await plays('While it was away');
    await subject.stack.restart('sip');
    await print('♪ While it was away — Björk');
    await noted();
    await subject.stack.kill('sip');
    await consent({ audience: 'nobody' });
    await subject.stack.restart('sip');
    await print(undefined);
    await consent({});
    await print('♪ While it was away — Björk');
  });

  it('print what plays next after the presence server was killed, which knows nothing any more', async () => {
    await plays('Forgotten');
    await print('♪ Forgotten — Björk');
    await noted();
    await subject.killKamailio();
    for (const phone of phones) await phone.stop();
    await plays('While the server was away');
    await subject.restartKamailio();
    phones = await watch();
    await print('♪ While the server was away — Björk');
    await noted();
    await subject.killKamailio();
    for (const phone of phones) await phone.stop();
    await subject.restartKamailio();
    await api.stop(alice);
    await noted();
    phones = await watch();
    await plays('After all');
    await print('♪ After all — Björk');
  });
});

describe('a process for a presence server', () => {
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let api: Api;
  let alice: Person;
  let bobs: FriendClient;
  let server: ScriptedServer | undefined;
  let sip: EarshotProcess | undefined;
  let port: number;

  before(async () => {
    stack = await startTestStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
    api = createApi(stack);
    const [first, bob] = await joinFriends(api);
    alice = first;
    bobs = await connectFriend(stack, bob);
    port = await freePort();
  });

  after(async () => {
    await bobs?.leave();
    await sip?.stop();
    await stack?.stop();
    await server?.stop();
  });

  const logFile = () => `${stack.dataDir}/logs/sip.log`;
  async function startSip(): Promise<void> {
    const own = { EARSHOT_SIP_SERVER: `tcp://127.0.0.1:${port}`, EARSHOT_SIP_DOMAIN: DOMAIN };
    sip = await startProcess({ role: 'sip', env: { ...stack.env, ...own }, logFile: logFile() });
  }
  const isTold = () =>
    withRedis(stack, async (redis) => {
      expect(await redis.hGet(createKeys('earshot').told(alice.id, 'sip'), 'state')).to.equal('told');
    });
  async function duties(): Promise<string[]> {
    const { body } = await api.expectStatus(200, api.call('GET', '/v1/operations'));
    const all = body.processes as unknown as { role: string; duty: string }[];
    return all.filter(({ role }) => role === 'sip').map(({ duty }) => duty);
  }
  const dues = async () => {
    let due = 0;
    await withRedis(stack, async (redis) => {
      const keys = createKeys('earshot');
      due = Number(await redis.zScore(keys.due('sip', alice.id), alice.id));
    });
    return due;
  };

  it('that comes later is told who plays already; before that nobody is due for it', async () => {
    await api.play(alice, { title: 'From before', length: 600 });
    await bobs.hears(alice.jid, 'From before');
    await eventually(async () => expect(await dues()).to.equal(0));
    server = await startScriptedServer(() => ({ status: '200 OK', headers: ['SIP-ETag: tag', 'Expires: 630'] }), port);
    await startSip();
    await eventually(() => expect(server?.requests.at(-1)?.body).to.contain('♪ From before'));
  });

  it('keeps nobody waiting while the server says nothing, and says so itself', async () => {
    await server?.stop();
    server = await startScriptedServer(() => undefined, port);
    for (const title of ['Not', 'for', 'phones']) {
      await api.play(alice, { title, length: 600 });
      await bobs.hears(alice.jid, title);
    }
    await eventually(async () => {
      const { body } = await api.expectStatus(200, api.call('GET', '/v1/operations'));
      const found = (body.processes as unknown as { role: string; missing: string[] }[]).find(
        ({ role }) => role === 'sip',
      );
      expect(found?.missing).to.have.length(1);
    });
    await api.expectStatus(200, api.call('GET', '/readyz'));
  });

  it('tells what plays then when the server answers again', async () => {
    await server?.stop();
    server = await startScriptedServer(() => ({ status: '200 OK', headers: ['SIP-ETag: next'] }), port);
    await eventually(() => expect(server?.requests.at(-1)?.body).to.contain('♪ phones'));
  });

  it('that stands by goes on with the tags of the active one when that was killed', async () => {
    let tags = 0;
    await server?.stop();
    server = await startScriptedServer(() => ({ status: '200 OK', headers: [`SIP-ETag: tag${++tags}`] }), port);
    const first = sip;
    await startSip();
    await eventually(async () => expect((await duties()).sort()).to.deep.equal(['active', 'standby']));
    await api.play(alice, { title: 'By the active one', length: 600 });
    await eventually(() => expect(server?.requests.at(-1)?.body).to.contain('♪ By the active one'));
    await eventually(isTold);
    const tag = `tag${tags}`;
    await first?.kill();
    await api.play(alice, { title: 'By the other one', length: 600 });
    await eventually(() => expect(server?.requests.at(-1)?.body).to.contain('♪ By the other one'));
    expect(server.requests.at(-1)?.header('SIP-If-Match')).to.equal(tag);
  });

  it('is used no more when the operator says so, and nobody is due for it then', async () => {
    await sip?.stop();
    await withRedis(stack, async (redis) => {
      await redis.hDel(createKeys('earshot').outletsUsed, 'sip');
    });
    await eventually(async () => {
      await api.play(alice, { title: `Later ${Date.now()}`, length: 600 });
      expect(await dues()).to.equal(0);
    });
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
    await eventually(() => api.expectStatus(404, api.call('GET', `/v1/subscribers/${alice.id}`)));
  });
});
