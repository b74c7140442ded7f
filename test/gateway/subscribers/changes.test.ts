import { expect } from 'chai';
import { OPEN } from '../../../domain/friendship/privacy.ts';
import type { Redis } from '../../../runtime/redis/redis.ts';
import { seal } from '../../../runtime/secret/sealing.ts';
import { allPartitions, partitionOf } from '../../../store/base/partitions.ts';
import type { Credential, NewCredential } from '../../../store/login/credentials.ts';
import type { Subscriber } from '../../../store/subscriber/subscriber-record.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { randomFrom, seedOr } from '../../support/random.ts';
import { REDIS_KINDS, useRedis } from '../../support/redis.ts';

type Listed = { subscriberId?: string; phoneNumber: string; displayName?: string; state: string };
type Page = { subscribers: Listed[]; removed: string[]; asOf: string; next?: string };
type Headers = TestGateway['operator'];

const DAY = 86_400;

for (const kind of REDIS_KINDS)
  describe(`what has changed among the subscribers, on ${kind}`, () => {
    const server = useRedis(kind);
    let gateway: TestGateway;
    let last = 0;

    before(async () => {
      gateway = await openTestGateway(server);
    });

    after(async () => gateway?.stop());

    /** One that nobody has had. */
    function next(): number {
      last += 1;
      return last;
    }

    const number = (country: '86' | '49') => `+${country === '86' ? '8613800' : '4915146'}${100_000 + next()}`;

    async function keyFor(ranges: string[], now = gateway.now()): Promise<Headers> {
      const { key } = await credentialFor(ranges, {}, now);
      return { authorization: `Bearer ${key}` };
    }

    async function credentialFor(ranges: string[], more: Partial<NewCredential>, now = gateway.now()) {
      const wish = { name: `x${next()}`, scopes: ['subscribers:read' as const], ranges, ...more };
      return (await gateway.stores.credentials.create(wish, now)) as { key: string; credential: Credential };
    }

    const get = (query: Record<string, string>, headers = gateway.operator) =>
      gateway.call({ method: 'GET', url: `/v1/subscribers?${new URLSearchParams(query)}`, headers });

    async function page(query: Record<string, string>, headers?: Headers): Promise<Page> {
      const { status, text } = await get(query, headers);
      expect(status, text).to.equal(200);
      return JSON.parse(text) as Page;
    }

    /** All pages as one. `between`: is done after each. */
    async function walk(
      query: Record<string, string>,
      headers?: Headers,
      between: () => Promise<unknown> = async () => undefined,
    ): Promise<Page> {
      const whole = await page(query, headers);
      for (let { next } = whole; next !== undefined; ) {
        await between();
        const further = await page({ ...query, cursor: next }, headers);
        expect(further.asOf).to.equal(whole.asOf);
        whole.subscribers.push(...further.subscribers);
        whole.removed?.push(...further.removed);
        next = further.next;
      }
      return whole;
    }

    /** A time after everything that was done before: as if the next second had begun, which nobody waits for. */
    async function afterThis(): Promise<string> {
      const { changed, keys } = gateway.stores;
      await changed.now();
      const places = allPartitions().map((partition) => keys.changes(partition));
      const last = await Promise.all(places.map((key) => server.redis.zRangeWithScores(key, -1, -1)));
      const score = 1 + Math.max(...last.map(([newest]) => newest?.score ?? 0));
      await Promise.all(places.map((key) => server.redis.zAdd(key, { score, value: 'asked' })));
      return new Date(score * 1_000).toISOString();
    }

    const ids = ({ subscribers }: Page) => subscribers.map(({ subscriberId }) => subscriberId);

    async function change(method: 'PATCH' | 'PUT' | 'DELETE', path: string, payload?: object): Promise<void> {
      const headers = gateway.operator;
      const { status, text } = await gateway.call({
        ...{ method, url: `/v1/subscribers/${path}`, headers },
        ...(payload === undefined ? {} : { payload }),
      });
      expect(status, text).to.be.within(200, 204);
    }

    async function forget(id: string): Promise<void> {
      await gateway.stores.subscribers.forget((await gateway.stores.subscribers.record(id)) as Subscriber);
    }

    it('is who was added, has another name, number, JID or consent, and nobody else; each once', async () => {
      const people: string[] = [];
      for (let n = 0; n < 6; n += 1) people.push(await gateway.join(number('86')));
      const [named = '', numbered = '', moved = '', hidden = '', playing = ''] = people;
      const changedSince = await afterThis();
      expect(await walk({ changedSince })).to.deep.include({ subscribers: [], removed: [] });
      await change('PATCH', named, { displayName: 'Alice' });
      await change('PATCH', numbered, { phoneNumber: number('86') });
      await change('PATCH', moved, { jid: 'moved@op.example' });
      await gateway.stores.privacies.put(hidden, { ...OPEN, discoverable: false }, [], undefined, gateway.now());
      await change('PUT', `${playing}/now-playing`, { kind: 'audio', title: 'Jóga' });
      const added = await gateway.join(number('86'));
      const { subscribers, removed } = await walk({ changedSince });
      expect(ids({ subscribers } as Page)).to.have.members([named, numbered, moved, hidden, added]);
      expect(removed).to.deep.equal([]);
      const all = new Map((await walk({})).subscribers.map((one) => [one.subscriberId, one]));
      for (const one of subscribers) expect(one).to.deep.equal(all.get(one.subscriberId));
    });

    it('is who has an account ordered, also when it comes to nothing', async () => {
      const changedSince = await afterThis();
      const id = await gateway.join(number('86'));
      const phoneNumber = number('86');
      const headers = { ...gateway.operator, 'content-type': 'application/x-ndjson' };
      const payload = `${JSON.stringify({ phoneNumber })}\n`;
      const { text } = await gateway.call({ method: 'POST', url: '/v1/imports', headers, payload });
      expect(text).to.contain('waiting');
      const found = (await walk({ changedSince })).subscribers;
      const ordered = found.find((one) => one.phoneNumber === phoneNumber);
      expect(found.map(({ state }) => state)).to.have.members(['active', 'waiting']);
      expect(ordered?.state).to.equal('waiting');
      const orderedId = `${ordered?.subscriberId}`;
      await gateway.stores.orders.fail(orderedId, 'ALREADY_EXISTS', gateway.now());
      const record = (await gateway.stores.subscribers.record(orderedId)) as Subscriber;
      await gateway.stores.subscribers.giveUp(record, gateway.now());
      const { subscribers, removed } = await walk({ changedSince });
      expect(subscribers.map(({ subscriberId }) => subscriberId)).to.deep.equal([id]);
      expect(removed).to.deep.equal([orderedId]);
    });

    it('tells of who has left by id, from the first moment on and when nothing of it is kept, to whom it was shown', async () => {
      const [mine, other, none] = [await keyFor(['+49']), await keyFor(['+86']), await keyFor(['+33'])];
      const german = number('49');
      const id = await gateway.join(german);
      const shared = await gateway.join(number('49'), number('86'));
      const changedSince = await afterThis();
      await change('DELETE', id);
      await change('DELETE', shared);
      for (const forgotten of [false, true]) {
        if (forgotten) for (const one of [id, shared]) await forget(one);
        expect((await walk({ changedSince }, mine)).removed).to.deep.equal([id]);
        expect((await walk({ changedSince })).removed).to.have.members([id, shared]);
        for (const key of [other, none])
          expect(await walk({ changedSince }, key)).to.deep.include({ subscribers: [], removed: [] });
      }
      for (const partition of allPartitions()) {
        const kept = `${await server.redis.zRange(gateway.stores.keys.gone(partition), 0, -1)}`;
        for (const text of [id, shared, german, german.slice(1)]) expect(kept).to.not.contain(text);
      }
    });

    it('tells of who goes on out of sight as of who has left, and of who comes back as of who was added', async () => {
      const mine = await keyFor(['+49']);
      const [german, chinese] = [number('49'), number('86')];
      const id = await gateway.join(german);
      const changedSince = await afterThis();
      await change('PATCH', id, { otherPhoneNumbers: [chinese] });
      expect(await walk({ changedSince }, mine)).to.deep.include({
        subscribers: [{ phoneNumber: german, otherPhoneNumbers: [], shared: true, state: 'active' }],
        removed: [id],
      });
      await change('PATCH', id, { phoneNumber: chinese, otherPhoneNumbers: [] });
      expect(await walk({ changedSince }, mine)).to.deep.include({ subscribers: [], removed: [id] });
      expect(await walk({ changedSince })).to.deep.include({ removed: [] });
      await change('PATCH', id, { phoneNumber: german });
      const back = await walk({ changedSince }, mine);
      expect([ids(back), back.removed]).to.deep.equal([[id], []]);
    });

    it('tells of many who changed, and went, in one second, each once, on pages of any size', async () => {
      const changedSince = await afterThis();
      const people = await Promise.all(Array.from({ length: 48 }, () => gateway.join(number('86'))));
      for (const limit of ['1', '7']) {
        const all = await walk({ changedSince, limit });
        expect([ids(all).sort(), all.removed]).to.deep.equal([[...people].sort(), []]);
      }
      await Promise.all(people.map((id) => change('DELETE', id)));
      await Promise.all(people.map(forget));
      for (const limit of ['1', '7']) {
        const all = await walk({ changedSince, limit });
        expect([ids(all), all.removed.sort()]).to.deep.equal([[], [...people].sort()]);
      }
    });

    it('has nobody missed who changes between two pages, whatever their size', async () => {
      const random = randomFrom(seedOr(7));
      const any = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)] as T;
      const mine = await keyFor(['+49']);
      const alive = new Set<string>();
      const readers = [gateway.operator, mine].map((headers) => ({
        headers,
        copy: new Map<string, Listed>(),
        asOf: '',
      }));
      for (const reader of readers) {
        const { subscribers, asOf } = await walk({}, reader.headers);
        for (const one of subscribers) reader.copy.set(keyOf(one), one);
        reader.asOf = asOf;
      }

      async function live(): Promise<void> {
        const id = any([...alive]);
        const what = random();
        if (what < 0.3 || id === undefined) {
          alive.add(await gateway.join(number(any(['86', '49']))));
          return;
        }
        if (what < 0.5) return change('PATCH', id, { displayName: `Name ${next()}` });
        if (what < 0.8) {
          const otherPhoneNumbers = random() < 0.3 ? [number(any(['86', '49']))] : [];
          return change('PATCH', id, { phoneNumber: number(any(['86', '49'])), otherPhoneNumbers });
        }
        alive.delete(id);
        await change('DELETE', id);
        if (random() < 0.7) await forget(id);
      }

      async function follow({ headers, copy, asOf }: (typeof readers)[number], quiet: boolean): Promise<string> {
        const limit = `${1 + Math.floor(random() * 9)}`;
        const between = quiet ? undefined : live;
        const query = { changedSince: asOf, limit };
        for (let cursor: string | undefined = '', since = ''; ; ) {
          const one: Page = await page(cursor === '' ? query : { ...query, cursor: `${cursor}` }, headers);
          expect(one.subscribers.length + one.removed.length).to.be.at.most(Number(limit));
          for (const subscriber of one.subscribers) copy.set(keyOf(subscriber), subscriber);
          for (const id of one.removed) copy.delete(id);
          since ||= one.asOf;
          cursor = one.next;
          if (cursor === undefined) return since;
          if (random() < 0.2) await between?.();
        }
      }

      for (let round = 0; round < 8; round += 1) {
        for (let n = 0; n < 6; n += 1) await live();
        // What this walk passes over is not told by the next one for the same second.
        if (round % 2 === 1) await afterThis();
        for (const reader of readers) reader.asOf = await follow(reader, false);
      }
      for (const reader of readers) {
        await follow(reader, true);
        const all = await walk({}, reader.headers);
        const whole = all.subscribers.filter(({ subscriberId }) => subscriberId !== undefined);
        const copied = [...reader.copy.values()].filter(({ subscriberId }) => subscriberId !== undefined);
        expect(copied).to.have.deep.members(whole);
        for (const one of all.subscribers) expect(reader.copy.get(keyOf(one))).to.deep.equal(one);
      }
    });

    it('names of who is gone those who may ask, and nobody else', async () => {
      const past = gateway.now() - DAY * 1_000;
      const [mine, expired, other] = await Promise.all([
        credentialFor(['+49'], {}),
        credentialFor(['+49'], { expiresAt: past + 1 }, past),
        credentialFor(['+49'], { scopes: ['tokens:write'] }),
      ]);
      const id = await gateway.join(number('49'));
      const key = gateway.stores.keys.gone(partitionOf(id));
      const before = new Set(await server.redis.zRange(key, 0, -1));
      await change('DELETE', id);
      await forget(id);
      const kept = (await server.redis.zRange(key, 0, -1)).filter((one) => !before.has(one));
      expect(kept).to.have.length(1);
      expect(kept[0]).to.contain(mine.credential.id);
      for (const { credential } of [expired, other]) expect(kept[0]).to.not.contain(credential.id);
    });

    it('says so to a credential with ranges that was made later, as nobody noted for it who had gone', async () => {
      const changedSince = await afterThis();
      const made = Date.parse(changedSince);
      const later = await get({ changedSince }, await keyFor(['+49'], made + 1_000));
      expect([later.status, later.body.code]).to.deep.equal([400, 'OUT_OF_RANGE']);
      for (const headers of [await keyFor(['+49'], made + 999), await keyFor([], made + 1_000)])
        await page({ changedSince }, headers);
    });

    it('says so where it cannot read who has gone, as the key of secrets is another, and to nobody else', async () => {
      const changedSince = await afterThis();
      const mine = await keyFor(['+49']);
      const key = gateway.stores.keys.gone(0);
      const value = seal(Buffer.alloc(32, 7), 'id of somebody who is gone', 'alice');
      await server.redis.zAdd(key, { score: Date.parse(changedSince) / 1_000, value });
      const all = () => walk({ changedSince });
      const refused = await all().then(String, String);
      expect(refused).to.contain('OUT_OF_RANGE');
      await walk({ changedSince }, mine);
      await server.redis.zRem(key, value);
      await all();
    });

    it('says when it is too long ago, and takes no time but one of RFC 3339, no range, no state and no other’s cursor', async () => {
      const ago = (days: number) => new Date(gateway.now() - days * DAY * 1_000).toISOString();
      const old = await get({ changedSince: ago(30.01) });
      expect([old.status, old.body.code]).to.deep.equal([400, 'OUT_OF_RANGE']);
      await page({ changedSince: ago(29.99) });
      await page({ changedSince: '2999-01-01T00:00:00+08:00' });
      const { next = '' } = await page({ changedSince: ago(1), limit: '1' });
      const { next: ofAll = '' } = await page({ limit: '1' });
      for (const query of [
        { changedSince: 'yesterday' },
        { changedSince: '' },
        { changedSince: ago(1), range: '+49' },
        { changedSince: ago(1), state: 'active' },
        { changedSince: ago(2), cursor: next },
        { changedSince: ago(1), cursor: ofAll },
        { cursor: next },
      ]) {
        const { status, body } = await get(query);
        expect([status, body.code], JSON.stringify(query)).to.deep.equal([400, 'INVALID_ARGUMENT']);
      }
    });

    it('forgets after 31 days who was gone', async () => {
      const id = await gateway.join(number('86'));
      const key = gateway.stores.keys.gone(partitionOf(id));
      await change('DELETE', id);
      await forget(id);
      const now = await gateway.stores.changed.now();
      await (server.redis as Redis).zAdd(key, { score: now - 31 * DAY - 1_001, value: 'long ago' });
      const before = await server.redis.zCard(key);
      // That a clock was ahead of this one once makes nobody forgotten.
      const changes = gateway.stores.keys.changes(partitionOf(id));
      await server.redis.zAdd(changes, { score: now + 40 * DAY, value: 'of a clock that was wrong' });
      await gateway.stores.gone.forget();
      await server.redis.zRem(changes, 'of a clock that was wrong');
      expect(await server.redis.zCard(key)).to.equal(before - 1);
      expect(await server.redis.zScore(key, 'long ago')).to.equal(null);
    });

    // The last one, as this clock is never right again.
    it('misses nobody when the clock of Redis was put back, as after a failover', async () => {
      const id = await gateway.join(number('86'));
      const { keys } = gateway.stores;
      const ahead = (await gateway.stores.changed.now()) + 1_000;
      for (const partition of allPartitions())
        await server.redis.zAdd(keys.changes(partition), { score: ahead, value: 'of a clock that was wrong' });
      const { asOf } = await page({ limit: '1' });
      expect(Date.parse(asOf)).to.equal(ahead * 1_000);
      await change('PATCH', id, { displayName: 'Later' });
      expect(ids(await walk({ changedSince: asOf }))).to.deep.equal([id]);
      for (const partition of allPartitions())
        await server.redis.zRem(keys.changes(partition), 'of a clock that was wrong');
      // Also where nothing has changed since it was asked.
      expect(await gateway.stores.changed.now()).to.be.at.least(ahead);
    });
  });

/** A number is one subscriber's, who may be shown under it alone. */
function keyOf({ subscriberId, phoneNumber }: Listed): string {
  return subscriberId ?? phoneNumber;
}
