import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Stack } from '../../../local/stack/stack.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinPair } from '../../support/pair.ts';
import {
  type DavServer,
  hasSabre,
  type Relay,
  startRadicale,
  startRelay,
  startSabre,
  startXandikos,
  USER,
} from '../../support/servers/carddav.ts';
import { startTestStack, withRedis } from '../../support/stack.ts';

type View = { state: string; contacts: number; problem?: { code: string; detail: string }; [key: string]: unknown };

for (const [kind, start, there] of [
  ['Radicale', startRadicale, true],
  ['Xandikos', startXandikos, true],
  ['sabre/dav', startSabre, hasSabre()],
] as const)
  (there ? describe : describe.skip)(`an address book on ${kind}`, () => {
    let stack: Stack;
    let api: Api;
    let server: DavServer;
    let relay: Relay;
    let alice: Person;
    let bob: Person;
    let carol: Person;

    before(async () => {
      [stack, server] = await Promise.all([startTestStack({ env: { EARSHOT_SOURCE_ALLOW: '127.0.0.1' } }), start()]);
      relay = await startRelay(server.origin);
      api = createApi(stack);
      [alice, bob] = await joinPair(api);
      carol = await api.join('+8613700137000', 'Carol');
      for (const friend of [bob, carol])
        await api.putBook(friend, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
      await server.put('bob', ['FN:Bob of the network', 'TEL:139 0013 9000']);
      await server.put('nobody', ['FN:Nobody', 'EMAIL:nobody@example.org']);
    });

    after(async () => {
      relay?.stop();
      await Promise.all([stack?.stop(), server?.stop()]);
    });

    const path = (rest = '') => api.path(alice, `address-book/sources${rest}`);
    const link = async (name: string, body: object) =>
      (await api.expectStatus(202, api.call('PUT', path(`/${name}`), body))).body as unknown as View;
    const view = async (name: string) =>
      (await api.expectStatus(200, api.call('GET', path(`/${name}`)))).body as unknown as View;
    const settled = (name: string, check: (view: View) => void = () => {}) =>
      eventually(async () => {
        const seen = await view(name);
        expect(seen.state).not.to.equal('reading');
        check(seen);
      });
    const read = async (name: string) => {
      relay.asked.length = 0;
      await api.expectStatus(202, api.call('POST', path(`/${name}/read`)));
      await settled(name);
    };
    const names = async () => (await api.friends(alice)).map(({ name }) => name).sort();
    const friends = (...expected: string[]) => eventually(async () => expect(await names()).to.deep.equal(expected));
    /** The paths of the cards that were fetched since the last `read`. */
    const fetched = () =>
      relay.asked.flatMap(({ body }) =>
        body.includes('multiget') ? [...body.matchAll(/([\w-]+)\.vcf</g)].map(([, card]) => card) : [],
      );

    it('becomes friendships, and its secrets are shown to nobody', async () => {
      const linked = await link('work', { url: `${relay.origin}/`, ...USER });
      expect(linked).to.include({ name: 'work', url: `${relay.origin}/`, state: 'reading', contacts: 0 });
      await settled('work');
      await friends('Bob of the network');
      const seen = await view('work');
      expect(seen).to.deep.include({
        state: 'current',
        contacts: 1,
        collection: server.book.replace(server.origin, relay.origin),
      });
      expect(seen.rejected).to.deep.equal([{ detail: 'The contact has no phone number.', cards: 1 }]);
      expect(JSON.stringify([seen, linked])).not.to.contain(USER.password);
      const { body } = await api.call('GET', api.path(alice, 'address-book'));
      expect(body).to.include({ contacts: 0, matched: 1 });
    });

    it('is read again on demand, and only what has changed there', async () => {
      await server.put('carol', ['FN:Carol', 'TEL:+86 137 0013 7000']);
      await read('work');
      expect(fetched()).to.deep.equal(['carol']);
      await friends('Bob of the network', 'Carol');
      await server.put('bob', ['FN:Robert', 'TEL:+86 139 0013 9000']);
      await server.remove('carol');
      await read('work');
      expect(fetched()).to.deep.equal(['bob']);
      await friends('Robert');
      await read('work');
      // The first request of a read learns that the server wants Digest.
      const nothingNew = kind === 'sabre/dav' ? ['PROPFIND', 'PROPFIND'] : ['REPORT'];
      expect(relay.asked.map(({ method }) => method)).to.deep.equal(nothingNew);
      await server.put('bob', ['FN:Robert without a phone', 'EMAIL:bob@example.org']);
      await read('work');
      await friends();
      expect(await view('work')).to.deep.include({
        contacts: 0,
        rejected: [{ detail: 'The contact has no phone number.', cards: 2 }],
      });
      await server.put('bob', ['FN:Bob of the network', 'TEL:139 0013 9000']);
      await read('work');
      await friends('Bob of the network');
    });

    it('makes cards that are groups the groups of their members, also when only a member changes', async () => {
      const exported = async () => JSON.stringify((await api.call('GET', api.path(alice, 'export'))).body);
      const family = ['FN:Band', 'X-ADDRESSBOOKSERVER-KIND:group', 'X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:bob'];
      await server.put('band', family);
      await read('work');
      expect(await exported()).to.contain('"name":"Bob of the network","groups":["Band"]');
      await server.put('bob', ['FN:Bobby', 'TEL:139 0013 9000']);
      await read('work');
      expect(await exported()).to.contain('"name":"Bobby","groups":["Band"]');
      await server.put('bob', ['FN:Bob of the network', 'TEL:139 0013 9000']);
      await server.remove('band');
      await read('work');
      expect(await exported()).to.contain('"name":"Bob of the network","groups":[]');
      await read('work');
      expect(fetched()).to.deep.equal([]);
    });

    it('stands beside the own book and other sources, and takes only its own contacts with it', async () => {
      await api.putBook(alice, [{ name: 'My own Bob', phoneNumbers: [bob.phoneNumber] }]);
      await friends('My own Bob');
      await link('home', { url: server.book, ...USER });
      await settled('home');
      await server.put('carol', ['FN:Carol', 'TEL:+86 137 0013 7000']);
      await read('home');
      await friends('Carol', 'My own Bob');
      const { body } = await api.expectStatus(200, api.call('GET', path()));
      expect((body as unknown as { sources: View[] }).sources.map(({ name }) => name)).to.deep.equal(['home', 'work']);
      await api.expectStatus(204, api.call('DELETE', path('/home')));
      await friends('My own Bob');
      await api.expectStatus(204, api.call('DELETE', api.path(alice, 'address-book')));
      await friends('Bob of the network');
      await api.expectStatus(404, api.call('GET', path('/home')));
      await api.expectStatus(404, api.call('DELETE', path('/home')));
      await api.expectStatus(404, api.call('POST', path('/home/read')));
      await server.remove('carol');
      await read('work');
    });

    if (kind === 'sabre/dav')
      it('is given the password as Digest asks, and no answer to it twice', async () => {
        await read('work');
        const digests = relay.asked.flatMap(({ authorization = '' }) =>
          authorization.startsWith('Digest ') ? [/response="(\w+)"/.exec(authorization)?.[1]] : [],
        );
        expect(digests).not.to.be.empty;
        expect([...new Set(digests)]).to.deep.equal(digests);
        await link('work', { url: `${relay.origin}/`, username: USER.username, password: 'wrong' });
        await settled('work');
        expect((await view('work')).problem?.code).to.equal('UNAUTHENTICATED');
        await link('work', { url: `${relay.origin}/`, ...USER });
        await settled('work');
        expect(await view('work')).to.include({ state: 'current' });
      });
    else
      it('is read in full when the server does not know the sync token any more', async () => {
        await server.remove('nobody');
        await server.put('carol', ['FN:Carol', 'TEL:+86 137 0013 7000']);
        await forgetTokens();
        await read('work');
        expect(fetched().sort()).to.deep.equal(['bob', 'carol']);
        await friends('Bob of the network', 'Carol');
        expect(await view('work')).to.deep.include({ state: 'current', contacts: 2, rejected: [] });
      });

    if (kind === 'Radicale') {
      it('keeps its contacts when the password is wrong, and says so', async () => {
        const wrong = await link('work', { url: `${relay.origin}/`, username: USER.username, password: 'no' });
        expect(wrong).to.include({ state: 'reading', contacts: 2 });
        await settled('work');
        expect(await view('work')).to.deep.include({
          state: 'failing',
          contacts: 2,
          problem: { code: 'UNAUTHENTICATED', detail: 'The server refuses the credentials; link the source again.' },
        });
        expect(await names()).to.deep.equal(['Bob of the network', 'Carol']);
      });

      it('loses its contacts at once when another address book takes its place', async () => {
        await link('work', { url: `${relay.origin}/alice/empty/`, ...USER });
        await friends();
        await settled('work');
        expect((await view('work')).problem?.code).to.equal('NOT_FOUND');
      });
    }

    /** Radicale forgets what it has kept of its tokens; to Xandikos, which keeps every commit, comes one that it has never had. */
    async function forgetTokens(): Promise<void> {
      if (kind === 'Radicale') {
        const cache = join(server.folder, 'data', 'collection-root', 'alice', 'book', '.Radicale.cache', 'sync-token');
        expect(await readdir(cache)).not.to.be.empty;
        await rm(cache, { recursive: true });
      } else
        await withRedis(stack, async (redis) => {
          const [key = ''] = await redis.keys(`*:${alice.id}:source@work`);
          await redis.hSet(key, 'syncToken', '0123456789abcdef0123456789abcdef01234567');
        });
    }
  });
