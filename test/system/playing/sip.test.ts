import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectWatcher, type Watcher } from '../../../bench/sip/watcher.ts';
import { createKeys } from '../../../store/base/keys.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinPair } from '../../support/pair.ts';
import { addressOf, type KamailioStack, startKamailioStack } from '../../support/sip/kamailio-stack.ts';
import { DOMAIN } from '../../support/sip/sip-subject.ts';
import { withRedis } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
const HOUR = 3_600_000;

describe('what plays, on the carrier’s presence server', () => {
  let subject: KamailioStack;
  let api: Api;
  let alice: Person;
  let bob: Person;
  let carol: Person;
  let watcher: Watcher;
  /** What a phone was told, by the number: titles, and `-` for none. */
  const told = new Map<string, string[]>();
  let track = 0;

  before(async () => {
    subject = await startKamailioStack({ login: { user: 'earshot', password: 'correct horse' } });
    api = createApi(subject.stack);
    [alice, bob] = await joinPair(api);
    carol = await api.join('+8613700137000');
    await api.putBook(alice, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber], groups: ['Work'] }]);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await api.settled(alice, bob);
    await watch(alice.phoneNumber);
    await watch(carol.phoneNumber);
  });

  after(async () => {
    for (const one of watchers) one.close();
    await subject?.stop();
  });

  const watchers: Watcher[] = [];

  async function watch(phoneNumber: string): Promise<void> {
    const titles: string[] = [];
    told.set(phoneNumber, titles);
    const uris = [addressOf({ phoneNumber })];
    const name = `watcher${phoneNumber.slice(1)}`;
    watcher = await connectWatcher(subject.port, { name, domain: DOMAIN }, uris, (title) => titles.push(title ?? '-'));
    watchers.push(watcher);
  }

  const titlesOf = ({ phoneNumber }: Person) => told.get(phoneNumber) ?? [];
  const sees = (person: Person, title: string) => eventually(() => expect(titlesOf(person).at(-1)).to.equal(title));
  const consent = (settings: object, person = alice) =>
    api.expectStatus(200, api.call('PUT', api.path(person, 'privacy'), { ...OPEN, ...settings }));

  async function plays(person: Person): Promise<string> {
    track += 1;
    const title = `Träck ${track}`;
    await api.play(person, { title, length: 600 });
    return title;
  }

  /** Alice's next tune is told to nobody; Carol's comes after it. */
  async function playsToNobody(): Promise<void> {
    const hidden = await plays(alice);
    await workDone(subject.stack, ['sip']);
    await sees(carol, await plays(carol));
    expect(titlesOf(alice)).to.not.include(hidden);
    expect(titlesOf(alice).at(-1)).to.equal('-');
  }

  it('is seen by a phone that watches the number, and what plays next, and the end', async () => {
    await sees(alice, await plays(alice));
    await sees(alice, await plays(alice));
    await api.stop(alice);
    await sees(alice, '-');
  });

  it('is gone when it is over, though no player says so', async () => {
    const title = 'Träck that ends';
    await api.play(alice, { title, length: 4 });
    await sees(alice, title);
    await sees(alice, '-');
  });

  it('is taken away while the line is suspended, and seen again after it', async () => {
    const line = (what: string) => {
      const { phoneNumber } = alice;
      const event = { specversion: '1.0', id: what, source: '/lines', type: `org.earshot.v1.line-${what}` };
      return api.expectStatus(200, api.call('POST', '/v1/line-events', { ...event, data: { phoneNumber } }));
    };
    await sees(alice, await plays(alice));
    await line('suspended');
    await sees(alice, '-');
    await playsToNobody();
    await line('resumed');
    await eventually(() => expect(titlesOf(alice).at(-1)).to.match(/^Träck/));
    await api.stop(alice);
    await sees(alice, '-');
  });

  it('is taken away for a private session, and seen again after it', async () => {
    const title = await plays(alice);
    await sees(alice, title);
    await consent({ privateUntil: new Date(Date.now() + HOUR).toISOString() });
    await sees(alice, '-');
    await playsToNobody();
    await consent({});
    await eventually(() => expect(titlesOf(alice).at(-1)).to.match(/^Träck/));
  });

  it('is not seen where only some friends may see it, or somebody is blocked by anyone', async () => {
    const withdrawals = [
      [{ audience: { groups: ['Work'] } }, alice],
      [{ audience: 'nobody' }, alice],
      [{ blocked: [{ subscriberId: bob.id }] }, alice],
      [{ blocked: [{ subscriberId: alice.id }] }, bob],
      // Of a phone that watches, whose owner is no subscriber.
      [{ blocked: [{ phoneNumber: '+8613900139009' }] }, alice],
    ] as const;
    for (const [settings, person] of withdrawals) {
      await sees(alice, await plays(alice));
      await consent(settings, person);
      await sees(alice, '-');
      await playsToNobody();
      await consent({}, person);
      await api.settled(alice, bob);
    }
  });

  it('goes along to another number, and is taken from the one before, which shows what its next owner plays', async () => {
    const before = alice.phoneNumber;
    const title = await plays(alice);
    await sees(alice, title);
    const phoneNumber = '+8613800138001';
    await watch(phoneNumber);
    await api.expectStatus(200, api.call('PATCH', `/v1/subscribers/${alice.id}`, { phoneNumber }));
    await sees(alice, '-');
    alice = { ...alice, phoneNumber };
    await sees(alice, title);
    const next = await api.join(before);
    const hers = await plays(next);
    await sees(next, hers);
    await sees(alice, await plays(alice));
    expect(titlesOf(next).slice(-2)).to.deep.equal(['-', hers]);
  });

  it('is taken away from who leaves, of whom nothing stays', async () => {
    const title = await plays(carol);
    await sees(carol, title);
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${carol.id}`));
    await sees(carol, '-');
    await eventually(() =>
      withRedis(subject.stack, async (redis) => {
        const { told, due, subscriber } = createKeys('earshot');
        expect(await redis.exists([told(carol.id, 'sip'), subscriber(carol.id)])).to.equal(0);
        expect(await redis.zScore(due('sip', carol.id), carol.id)).to.equal(null);
      }),
    );
  });

  it('is told by a process that the operator sees, and no number is in its log or its jobs', async () => {
    const { body } = await api.expectStatus(200, api.call('GET', '/v1/operations'));
    const processes = body.processes as unknown as { role: string; ready: boolean; duty: string }[];
    expect(processes.filter(({ role }) => role === 'sip').map(({ ready, duty }) => [ready, duty])).to.deep.equal([
      [true, 'active'],
    ]);
    const metrics = await eventually(async () => {
      const { text } = await api.call('GET', '/metrics');
      expect(text).to.match(/earshot_sip_publishes_total\{what="remove",outcome="accepted",role="sip"/);
      return text;
    });
    expect(metrics).to.match(/earshot_sip_connections\{role="sip",process="\w+"\} 1/);
    const log = await eventually(async () => {
      const text = await readFile(join(subject.stack.dataDir, 'logs', 'sip.log'), 'utf8');
      expect(text).to.include('this outlet is used from now on');
      return text;
    });
    for (const word of ['138001380', 'Träck', 'correct horse']) expect(`${log}${metrics}`).to.not.include(word);
  });
});
