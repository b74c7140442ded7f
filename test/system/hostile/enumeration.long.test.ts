import { expect } from 'chai';
import type { Api, Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { startWithoutXmpp, type WithoutXmpp } from '../../support/servers/without-xmpp.ts';

const BUDGET = 50;
const VICTIMS = 120;

for (const policy of ['mutual', 'either'] as const)
  describe(`an attacker with one token under the policy ${policy}`, () => {
    let world: WithoutXmpp;
    let attacker: Person;
    let victims: Person[];
    let api: Api;
    const learned = new Set<unknown>();

    before(async () => {
      world = await startWithoutXmpp({
        EARSHOT_POLICY: policy,
        EARSHOT_NUMBER_BUDGET: `${BUDGET}`,
        EARSHOT_NUMBER_BUDGET_DAILY: '1',
        EARSHOT_LIMIT_SUBSCRIBER: '0',
      });
      attacker = await world.join('+8613800138000');
      api = world.apiOf(attacker);
      victims = [];
      for (let i = 0; i < VICTIMS; i += 1) victims.push(await world.join(numberOf(i)));
      // The worst case: whoever is looked up shows, as every other condition for a friendship is met.
      if (policy === 'mutual')
        for (const victim of victims)
          await world.api.putBook(victim, [{ name: 'Attacker', phoneNumbers: [attacker.phoneNumber] }]);
      await reconciled();
    });

    after(async () => world?.stop());

    const numberOf = (i: number) => `+86139${String(i).padStart(8, '0')}`;
    const contact = (phoneNumber: string) => ({ uid: phoneNumber, name: 'X', phoneNumbers: [phoneNumber] });
    const book = '/v1/subscribers/me/address-book';

    async function reconciled(): Promise<void> {
      await eventually(async () => expect(await world.stores.due.waiting('reconcile')).to.equal(0));
    }

    async function look(): Promise<void> {
      await reconciled();
      for (const { subscriberId } of await api.friends({ ...attacker, id: 'me' })) learned.add(subscriberId);
    }

    it('learns no more than the budget from book after book, however they are uploaded', async () => {
      const sent = victims.map(({ phoneNumber }) => contact(phoneNumber));
      for (let from = 0; from < VICTIMS; from += 20) {
        await api.call('PUT', book, { contacts: sent.slice(from, from + 20) });
        await look();
      }
      const after = learned.size;
      expect(after).to.equal(BUDGET);
      await api.call('DELETE', book);
      for (const one of sent) await api.call('PATCH', book, { upsert: [one] });
      await look();
      for (const one of sent) {
        const answer = await api.call('PATCH', book, { remove: [one.uid], upsert: [contact(numberOf(VICTIMS))] });
        expect(answer.status).to.equal(429);
      }
      await look();
      await api.call('PUT', book, {
        contacts: [{ name: 'All', phoneNumbers: sent.flatMap((one) => one.phoneNumbers) }],
      });
      await look();
      expect(learned.size).to.equal(BUDGET);
    });

    it('gets 429 with Retry-After for what waits, and the book is kept, written down, and told about', async () => {
      const contacts = victims.map(({ phoneNumber }) => contact(phoneNumber));
      for (const again of [false, true]) {
        const answer = await api.call('PUT', book, { contacts });
        expect(answer.status, `${again}`).to.equal(429);
        expect(answer.headers.get('content-type')).to.contain('application/problem+json');
        expect(answer.headers.get('retry-after')).to.equal('86400');
        expect(answer.headers.get('etag')).to.match(/^"\d+"$/);
        expect(answer.body).to.include({ code: 'TOO_MANY_REQUESTS', status: 429 });
        expect(answer.body.detail).to.match(
          new RegExp(`^The contacts are kept\\. ${VICTIMS - BUDGET} of their numbers wait`),
        );
      }
      await reconciled();
      const { body } = await api.expectStatus(200, api.call('GET', book));
      expect(body).to.include({ contacts: VICTIMS, waiting: VICTIMS - BUDGET, matched: BUDGET });
      const { body: trail } = await world.api.expectStatus(200, world.api.call('GET', '/v1/audit?limit=20'));
      const written = (trail.entries as unknown as { operation: string; status: number }[]).filter(
        ({ operation, status }) => status === 429 && operation.startsWith('PUT'),
      );
      expect(written).not.to.be.empty;
    });

    it('is not told of a waiting number by its owner either: who joins or adds the attacker later is no friend', async () => {
      const waiting = numberOf(VICTIMS + 1);
      expect((await api.call('PATCH', book, { upsert: [contact(waiting)] })).status).to.equal(429);
      const late = await world.join(waiting);
      if (policy === 'mutual')
        await world.api.putBook(late, [{ name: 'Attacker', phoneNumbers: [attacker.phoneNumber] }]);
      else await world.api.putBook(late, [{ name: 'Somebody else', phoneNumbers: [numberOf(VICTIMS + 2)] }]);
      await look();
      expect([...learned]).not.to.include(late.id);
      expect(await world.api.friends(late)).to.be.empty;
    });

    it('sees what waited as the budget refills, and not more', async () => {
      const { stores } = world;
      expect(await stores.budget.info(attacker.id)).to.include({ waiting: VICTIMS - BUDGET + 1 });
      const { budget } = stores.keys.budget(attacker.id);
      await world.passDays(budget, 2.5);
      await stores.due.postpone('refill', attacker.id, 0);
      await eventually(async () =>
        expect(await stores.budget.info(attacker.id)).to.include({ waiting: VICTIMS - BUDGET - 1 }),
      );
      await eventually(async () => {
        await look();
        expect(learned.size).to.equal(BUDGET + 2);
      });
    });

    it('gets no new budget by being forgotten and joining again', async () => {
      const before = learned.size;
      await world.api.expectStatus(204, world.api.call('DELETE', `/v1/subscribers/${attacker.id}`));
      attacker = await world.join(attacker.phoneNumber);
      api = world.apiOf(attacker);
      const contacts = victims.map(({ phoneNumber }) => contact(phoneNumber));
      expect((await api.call('PUT', book, { contacts })).status).to.equal(429);
      await look();
      expect(learned.size).to.equal(before);
      expect(await world.stores.budget.info(attacker.id)).to.include({ waiting: VICTIMS });
    });
  });
