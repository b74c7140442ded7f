import { join } from 'node:path';
import { expect } from 'chai';
import type { Child } from '../../../local/children/child.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { toldRedis } from '../../support/measure/redis-log.ts';
import { SECOND_SERVER, TEST_SERVER } from '../../support/on-server.ts';
import { useRunning } from '../../support/running.ts';
import {
  homesLack as homesOfLack,
  FIRST as OP,
  SECOND,
  type Servers,
  startSecondComponent,
  startTwoHomes,
  titleOf,
} from '../../support/servers/second-home.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient, letsIn } from '../../support/xmpp/friend-client.ts';

const SERVERS: readonly Servers[] = SECOND_SERVER
  ? [[TEST_SERVER, SECOND_SERVER]]
  : ['one Prosody', ['prosody', 'prosody']];

for (const servers of SERVERS)
  describe(`two homes on ${titleOf(servers)}, each with a component of its own`, () => {
    const stack = useRunning(() => startTwoHomes(servers, { env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } }));
    let api: Api;
    let second: Child;
    let count = 0;
    /** Of the first home. */
    let alice: Person;
    let aaron: Person;
    /** Of the second. */
    let bob: Person;
    let clients: { alice: FriendClient; bob: FriendClient };
    let bobHasLeft = false;

    before(async () => {
      api = createApi(stack);
      await startSecond();
      alice = await api.join('+8613800138000', 'Alice');
      aaron = await api.join('+8613700137000', 'Aaron');
      bob = await api.join('+4915146788794', 'Bob');
      clients = { alice: await connectFriend(stack, alice), bob: await connectFriend(stack.second, bob) };
    });

    after(async () => {
      await clients?.alice.leave();
      if (!bobHasLeft) await clients?.bob.leave();
      await second?.stop();
    });

    async function startSecond(): Promise<void> {
      second = await beginSecond();
      await homesLack();
    }

    function beginSecond(told: { homes?: string } = {}): Promise<Child> {
      count += 1;
      const logFile = join(stack.dataDir, 'logs', `second-${count}.log`);
      return startSecondComponent(stack, logFile, told);
    }

    const homesLack = (wanted?: Record<string, string[]>) => homesOfLack(stack, wanted);
    const both = (client: FriendClient, jid: string) =>
      client.item(jid, (item) => expect(item).to.include({ jid, subscription: 'both' }));
    const sees = (client: FriendClient, jid: string, type: string) =>
      eventually(() =>
        expect(client.presences.filter(({ from }) => from.startsWith(`${jid}/`)).at(-1)?.type, jid).to.equal(type),
      );
    const contact = (person: Person, name: string) => ({ name, phoneNumbers: [person.phoneNumber] });

    it('make new accounts where the operator’s rules say, and take existing ones of each', async () => {
      expect([alice, aaron, bob].map(({ jid }) => jid.split('@')[1])).to.deep.equal([OP, OP, SECOND.host]);
      const carl = { jid: `carl@${SECOND.host}`, phoneNumber: '+8613611136111', displayName: 'Carl' };
      const { body } = await api.expectStatus(201, api.call('POST', '/v1/subscribers', carl));
      expect(body.jid).to.equal(carl.jid);
      const elsewhere = { ...carl, jid: 'carl@elsewhere.example', phoneNumber: '+8613622236222' };
      const refused = await api.expectStatus(400, api.call('POST', '/v1/subscribers', elsewhere));
      expect(refused.body.detail).to.contain(`on ${OP} or ${SECOND.host}`);
      await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${body.subscriberId}`));
    });

    it('make those of a credential at its home, whatever the number, also by an import', async () => {
      const wanted = {
        name: 'The brand',
        scopes: ['subscribers:write', 'imports:write', 'credentials:write'],
        home: SECOND.host,
      };
      const none = await api.expectStatus(400, api.call('POST', '/v1/credentials', { ...wanted, home: 'no.example' }));
      expect(none.body.detail).to.equal(`home must be one of ${OP}, ${SECOND.host}.`);
      const { body } = await api.expectStatus(201, api.call('POST', '/v1/credentials', wanted));
      expect(body.home).to.equal(SECOND.host);
      const own = createApi({ gatewayUrl: stack.gatewayUrl, operatorKey: String(body.key) });
      const { home: _none, ...unsaid } = { ...wanted, name: 'A part of the brand' };
      expect((await own.expectStatus(201, own.call('POST', '/v1/credentials', unsaid))).body.home).to.equal(
        SECOND.host,
      );
      const created = await own.expectStatus(
        201,
        own.call('POST', '/v1/subscribers', { phoneNumber: '+8613900139000' }),
      );
      expect(String(created.body.jid)).to.match(new RegExp(`@${SECOND.host}$`));
      const rows = JSON.stringify({ phoneNumber: '+8613900139001', displayName: 'Row' });
      const imported = await own.expectStatus(
        200,
        own.call('POST', '/v1/imports', rows, { 'content-type': 'application/x-ndjson' }),
      );
      const [row = ''] = imported.text.split('\n');
      const id = String((JSON.parse(row) as { subscriberId: string }).subscriberId);
      await eventually(async () => {
        const { body: shown } = await api.expectStatus(200, api.call('GET', `/v1/subscribers/${id}`));
        expect(String(shown.jid)).to.match(new RegExp(`@${SECOND.host}$`));
      });
      for (const one of [String(created.body.subscriberId), id])
        await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${one}`));
    });

    it('let two become friends who live at different ones, and see each other at once', async () => {
      await api.putBook(alice, [contact(bob, 'Bob'), contact(aaron, 'Aaron')]);
      await api.putBook(bob, [contact(alice, 'Ali')]);
      await api.putBook(aaron, [contact(alice, 'Ali')]);
      await both(clients.alice, bob.jid);
      await both(clients.bob, alice.jid);
      await sees(clients.alice, bob.jid, 'available');
      await sees(clients.bob, alice.jid, 'available');
      const [shown] = await api.friends(bob);
      expect(shown).to.deep.include({ jid: alice.jid });
    });

    it('show each other’s tunes, of the phone and of the own client, and their end', async () => {
      await api.play(alice, { title: 'From the first home', length: 3_600 });
      await clients.bob.hears(alice.jid, 'From the first home');
      await api.play(bob, { title: 'From the second home', length: 3_600 });
      await clients.alice.hears(bob.jid, 'From the second home');
      await api.stop(alice);
      await clients.bob.hears(alice.jid, undefined);
      await api.play(bob, { title: 'That runs out', length: 1 });
      await clients.alice.hears(bob.jid, 'That runs out');
      await clients.alice.hears(bob.jid, undefined);
      await clients.bob.plays({ title: 'By the own client' });
      await clients.alice.hears(bob.jid, 'By the own client');
      await eventually(async () => {
        const bobs = (await api.friends(alice)).find(({ jid }) => jid === bob.jid);
        expect(bobs?.nowPlaying).to.include({ title: 'By the own client' });
      });
      await clients.bob.plays({});
      await clients.alice.hears(bob.jid, undefined);
    });

    it('show what plays to whoever of the other comes online, though its listener has no client', async () => {
      const at = { alice: stack, bob: stack.second };
      const people = { alice, bob };
      for (const [who, friend] of [
        ['alice', 'bob'],
        ['bob', 'alice'],
      ] as const) {
        await clients.alice.leave();
        await clients.bob.leave();
        const title = `Without a client of ${who}`;
        await api.play(people[who], { title, length: 3_600 });
        await workDone(stack);
        clients[friend] = await connectFriend(at[friend], people[friend]);
        await clients[friend].hears(people[who].jid, title);
        clients[who] = await connectFriend(at[who], people[who]);
        await api.stop(people[who]);
        await clients[friend].hears(people[who].jid, undefined);
      }
    });

    it('cost Redis for a tune what one home does', async () => {
      await api.play(bob, { title: 'The first', length: 3_600 });
      await clients.alice.hears(bob.jid, 'The first');
      // What it does for others and by itself is not counted.
      await stack.kill('worker');
      try {
        let count = 0;
        // Now and then something falls into it that a component does by itself.
        await eventually(async () => {
          count += 1;
          const { commands, steps } = await toldRedis(stack, async () => {
            await api.play(bob, { title: `Another, ${count}`, length: 3_600 });
            await clients.alice.hears(bob.jid, `Another, ${count}`);
            await workDone(stack);
          });
          // As `playing/steps.test.ts` has it.
          expect(steps, JSON.stringify(steps)).to.have.length(2);
          expect(commands.length, commands.join('\n')).to.be.at.most(10);
        });
      } finally {
        await stack.restart('worker');
      }
      await api.stop(bob);
      await clients.alice.hears(bob.jid, undefined);
    });

    it('keep consent: a block ends it at both, and its end brings it back', async () => {
      await api.play(bob, { title: 'Not for her', length: 3_600 });
      await clients.alice.hears(bob.jid, 'Not for her');
      const settings = { discoverable: true, audience: 'friends', privateUntil: null };
      const block = { ...settings, blocked: [{ phoneNumber: alice.phoneNumber }] };
      await api.expectStatus(200, api.call('PUT', api.path(bob, 'privacy'), block));
      await clients.alice.hears(bob.jid, undefined);
      await clients.alice.item(bob.jid, (item) => expect(item).to.equal(undefined));
      await clients.bob.item(alice.jid, (item) => expect(item).to.equal(undefined));
      await sees(clients.alice, bob.jid, 'unavailable');
      await api.expectStatus(200, api.call('PUT', api.path(bob, 'privacy'), { ...settings, blocked: [] }));
      await both(clients.alice, bob.jid);
      await both(clients.bob, alice.jid);
      await clients.alice.hears(bob.jid, 'Not for her');
      await sees(clients.alice, bob.jid, 'available');
      await api.stop(bob);
    });

    if (servers !== 'one Prosody')
      it('show tunes to friends of the other again when a server was started anew', async () => {
        await api.putBook(bob, [contact(alice, 'Ali'), contact(aaron, 'Aaron')]);
        await api.putBook(aaron, [contact(alice, 'Ali'), contact(bob, 'Bob')]);
        await both(clients.bob, aaron.jid);
        await api.play(alice, { title: 'Before', length: 3_600 });
        await clients.bob.hears(alice.jid, 'Before');
        await workDone(stack);
        clients.bob.tunes.length = 0;
        await stack.restart('server');
        await clients.bob.hears(alice.jid, 'Before');
        await api.play(alice, { title: 'After', length: 3_600 });
        await clients.bob.hears(alice.jid, 'After');
        // Of somebody whom no client makes known.
        await api.play(aaron, { title: 'By the phone alone', length: 3_600 });
        await clients.bob.hears(aaron.jid, 'By the phone alone');
        await api.stop(alice);
        await clients.bob.hears(alice.jid, undefined);
        await api.stop(aaron);
        await both(clients.alice, bob.jid);
      });

    if (servers !== 'one Prosody')
      for (const [which, kill, restart] of [
        ['first', () => stack.kill('server'), () => stack.restart('server')],
        ['second', () => stack.second.killServer(), () => stack.second.restartServer()],
      ] as const)
        it(`lose no book and no tune that was taken while the server of the ${which} home is killed`, async () => {
          const [own, friend] = which === 'first' ? [clients.alice, bob] : [clients.bob, alice];
          const traffic = startTraffic(which);
          await traffic.goesOn();
          await kill();
          own.presences.length = 0;
          await traffic.goesOn();
          await restart();
          await homesLack();
          await sees(own, friend.jid, 'available');
          await traffic.goesOn();
          const last = await traffic.end();
          await clients.bob.hears(alice.jid, last);
          await clients.alice.hears(bob.jid, last);
          await both(clients.bob, aaron.jid);
          const aarons = await connectFriend(stack, aaron);
          await both(aarons, bob.jid);
          await aarons.hears(bob.jid, last);
          await aarons.leave();
          for (const person of [alice, bob]) await api.stop(person);
          await clients.bob.hears(alice.jid, undefined);
          await clients.alice.hears(bob.jid, undefined);
          await api.putBook(aaron, [contact(alice, 'Ali')]);
          await clients.bob.item(aaron.jid, (item) => expect(item).to.equal(undefined));
        });

    /** Alice and Bob play one thing after the other, and Aaron takes Bob into his book and out of it; at the end he has him. */
    function startTraffic(name: string) {
      let [round, ended] = [0, false];
      const book = (withBob: boolean) =>
        api.putBook(aaron, [contact(alice, 'Ali'), ...(withBob ? [contact(bob, 'Bob')] : [])]);
      const run = async () => {
        await api.putBook(bob, [contact(alice, 'Ali'), contact(aaron, 'Aaron')]);
        while (!ended) {
          for (const person of [alice, bob]) await api.play(person, { title: `${name} ${round}`, length: 3_600 });
          await book(round % 2 === 0);
          round += 1;
        }
        await book(true);
        return `${name} ${round - 1}`;
      };
      const running = run();
      return {
        async goesOn(): Promise<void> {
          const from = round;
          await eventually(() => expect(round).to.be.above(from + 20));
        },
        end: () => {
          ended = true;
          return running;
        },
      };
    }

    it('follow another number', async () => {
      const path = `/v1/subscribers/${bob.id}`;
      await api.expectStatus(200, api.call('PATCH', path, { phoneNumber: '+4915146788795' }));
      await clients.alice.item(bob.jid, (item) => expect(item).to.equal(undefined));
      await clients.bob.item(alice.jid, (item) => expect(item).to.equal(undefined));
      await api.expectStatus(200, api.call('PATCH', path, { phoneNumber: bob.phoneNumber }));
      await both(clients.alice, bob.jid);
      await both(clients.bob, alice.jid);
    });

    it('go on without each other: what one that is away has to do waits for it, and nothing else does', async () => {
      await second.kill();
      await homesLack({ [OP]: [], [SECOND.host]: ['the component process'] });
      expect((await api.call('GET', '/readyz')).status).to.equal(200);
      await api.play(bob, { title: 'While it is away', length: 3_600 });
      await api.play(alice, { title: 'At home', length: 3_600 });
      await clients.bob.hears(alice.jid, 'At home');
      await api.expectStatus(503, api.call('POST', '/v1/subscribers', { phoneNumber: '+4915146788796' }));
      const anna = await api.join('+8613500135000', 'Anna');
      await api.putBook(anna, [contact(alice, 'Ali'), contact(bob, 'Bob')]);
      await api.putBook(bob, [contact(alice, 'Ali'), contact(anna, 'Anna')]);
      await api.putBook(alice, [contact(bob, 'Bob'), contact(aaron, 'Aaron'), contact(anna, 'Anna')]);
      await both(clients.alice, anna.jid);
      await startSecond();
      await clients.alice.hears(bob.jid, 'While it is away');
      await both(clients.bob, anna.jid);
      const annas = await connectFriend(stack, anna);
      await annas.hears(bob.jid, 'While it is away');
      await annas.leave();
      await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${anna.id}`));
      await clients.bob.item(anna.jid, (item) => expect(item).to.equal(undefined));
    });

    it('do not let a component work that was told of other homes', async () => {
      await second.stop();
      second = await beginSecond({ homes: `${OP} ${SECOND.host} third.example` });
      await eventually(() =>
        expect(second.logTail(50).join('\n')).to.contain('runs with other EARSHOT_HOMES (brand.example op.example)'),
      );
      expect(second.logTail(50).join('\n'), 'it does not even connect').to.not.contain('connected');
      await second.stop();
      await startSecond();
    });

    it('are named by the metrics', async () => {
      await eventually(async () => {
        const { text } = await api.call('GET', '/metrics');
        for (const home of [OP, SECOND.host])
          expect(text).to.match(new RegExp(`earshot_components\\{(?=.*home="${home}").*state="active".*\\} 1\n`));
      });
    });

    it('forget whoever leaves, at the home of each friend, with the account', async () => {
      // Before the server cuts it off, as it may: xmpp.js cannot be stopped then.
      await clients.bob.leave();
      bobHasLeft = true;
      await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${bob.id}`));
      await clients.alice.item(bob.jid, (item) => expect(item).to.equal(undefined));
      await eventually(async () => expect(await letsIn(stack.second, bob)).to.equal(false));
    });
  });
