import { expect } from 'chai';
import type { Stack } from '../../../local/stack/stack.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinPair } from '../../support/pair.ts';
import {
  call,
  type DavServer,
  makeBook,
  type Relay,
  startRadicale,
  startRelay,
  USER,
} from '../../support/servers/carddav.ts';
import { startTestStack, withRedis } from '../../support/stack.ts';

describe('a network address book in trouble', () => {
  let stack: Stack;
  let api: Api;
  let server: DavServer;
  let relay: Relay;
  let alice: Person;
  let bob: Person;

  before(async () => {
    [stack, server] = await Promise.all([
      startTestStack({ env: { EARSHOT_SOURCE_ALLOW: '127.0.0.1' } }),
      startRadicale(),
    ]);
    relay = await startRelay(server.origin);
    api = createApi(stack);
    [alice, bob] = await joinPair(api);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await server.put('bob', ['FN:Bob of the network', 'TEL:139 0013 9000', `PHOTO;ENCODING=b:${photo('one')}`]);
  });

  after(async () => {
    relay?.stop();
    await Promise.all([stack?.stop(), server?.stop()]);
  });

  const path = (rest: string) => api.path(alice, `address-book/sources${rest}`);
  const put = (name: string, body: object) => api.call('PUT', path(`/${name}`), body);
  const link = (name = 'work') => api.expectStatus(202, put(name, { url: relay.origin, ...USER }));
  const view = async (name = 'work') =>
    (await api.expectStatus(200, api.call('GET', path(`/${name}`)))).body as Record<string, unknown>;
  const settled = () => eventually(async () => expect((await view()).state).to.equal('current'));
  const friends = async () => (await api.friends(alice)).map(({ name }) => name);
  const asksForCards = () =>
    eventually(async () => expect(relay.asked.filter(({ body }) => body.includes('multiget'))).not.to.be.empty);
  const read = async () => {
    await api.expectStatus(202, api.call('POST', path('/work/read')));
    await settled();
  };

  it('is refused when it is linked wrongly, with what to do instead', async () => {
    const bad: [object, RegExp][] = [
      [{}, /url/],
      [{ url: 'contacts' }, /https URL/],
      [{ url: 'ftp://dav.example/' }, /https URL/],
      [{ url: 'https://alice:secret@dav.example/' }, /credentials/],
      [{ url: 'https://10.0.0.1/' }, /internal address/],
      [{ url: 'https://[::1]/' }, /internal address/],
      [{ url: 'https://0x7f.2/' }, /internal address/],
      [{ url: 'http://8.8.8.8/' }, /https/],
      [{ url: 'https://dav.example/', username: 'alice' }, /together/],
      [{ url: 'https://dav.example/', username: 'a:b', password: 'x' }, /username/],
      [{ url: 'https://dav.example/', ...USER, bearerToken: 'x' }, /not both/],
      [{ url: 'https://dav.example/', bearerToken: 'x\r\ny: z' }, /bearerToken/],
      [{ url: 'https://dav.example/', secret: 'x' }, /does not know: secret/],
    ];
    for (const [body, detail] of bad) {
      const answer = await put('work', body);
      expect(answer.status, JSON.stringify(body)).to.equal(400);
      expect(answer.body.detail, JSON.stringify(body)).to.match(detail);
    }
    for (const name of ['Work', 'a_b', 'x'.repeat(33), '%20'])
      expect((await put(name, { url: relay.origin })).status, name).to.equal(400);
    expect((await api.call('GET', path(''))).body.sources).to.deep.equal([]);
    await api.expectStatus(403, api.call('GET', path(''), undefined, { authorization: `Bearer ${bob.token}` }));
  });

  it('is one of eight at most', async () => {
    const places = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const name of places) await link(name);
    expect((await put('i', { url: relay.origin })).status).to.equal(409);
    await link('a');
    for (const name of places) await api.expectStatus(204, api.call('DELETE', path(`/${name}`)));
    await withRedis(stack, async (redis) => {
      await eventually(async () => expect(await redis.keys(`*:${alice.id}:*@*`)).to.be.empty);
    });
  });

  it('converges when the worker is killed while it reads', async () => {
    relay.asked.length = 0;
    const release = relay.hold();
    await link();
    await asksForCards();
    await stack.kill('worker');
    release();
    await stack.restart('worker');
    await settled();
    await eventually(async () => expect(await friends()).to.deep.equal(['Bob of the network']));
  });

  it('is read again by itself when its time has come, hours later', async () => {
    const { nextReadAt } = await view();
    expect(Date.parse(String(nextReadAt)) - Date.now()).to.be.within(5 * 3_600_000, 6 * 3_600_000);
    await server.put('bob', ['FN:Bob hours later', 'TEL:139 0013 9000']);
    await withRedis(stack, async (redis) => {
      const [source = ''] = await redis.keys(`*:${alice.id}:source@work`);
      const due = source.replace(`${alice.id}:source@work`, 'due:source');
      expect(await redis.zScore(due, alice.id)).to.equal(Date.parse(String(nextReadAt)));
      await redis.multi().hSet(source, 'next', Date.now()).zAdd(due, { value: alice.id, score: Date.now() }).exec();
    });
    await eventually(async () => expect(await friends()).to.deep.equal(['Bob hours later']));
    await server.put('bob', ['FN:Bob of the network', 'TEL:139 0013 9000', `PHOTO;ENCODING=b:${photo('one')}`]);
  });

  it('leaves nothing behind when it is removed while it is read', async () => {
    relay.asked.length = 0;
    const release = relay.hold();
    await link();
    await asksForCards();
    await api.expectStatus(204, api.call('DELETE', path('/work')));
    release();
    await eventually(async () => expect(await friends()).to.deep.equal([]));
    await link('other');
    await eventually(async () => expect((await view('other')).state).to.equal('current'));
    await withRedis(stack, async (redis) => {
      expect(await redis.keys(`*:${alice.id}:*@work*`)).to.be.empty;
    });
    await api.expectStatus(204, api.call('DELETE', path('/other')));
  });

  it('gives its photos, and takes back those of contacts that change or go', async () => {
    const avatar = async () => api.picture((await api.friends(alice))[0]?.avatar);
    await link();
    await settled();
    await eventually(async () => expect(await avatar()).to.equal(dataUri('one')));
    await server.put('bob', ['FN:Bob', 'TEL:139 0013 9000', `PHOTO;ENCODING=b:${photo('two')}`]);
    await server.put('else', ['FN:Else', 'TEL:137 0013 7000', `PHOTO;ENCODING=b:${photo('three')}`]);
    await read();
    expect(await avatar()).to.equal(dataUri('two'));
    await server.put('bob', ['FN:Bob', 'TEL:139 0013 9000']);
    await read();
    expect(await avatar()).to.equal(null);
    await server.remove('else');
    await read();
    await withRedis(stack, async (redis) => {
      expect(await redis.keys(`*:${alice.id}:photos@work`)).to.be.empty;
    });
  });

  it('keeps its contacts when it has vanished, and never becomes another address book of the same user silently', async () => {
    const card = [
      'BEGIN:VCARD',
      'VERSION:3.0',
      'UID:x',
      'N:x;;;;',
      'FN:Somebody else',
      'TEL:137 0013 7000',
      'END:VCARD',
    ];
    await makeBook(`${server.origin}/${USER.username}/another/`);
    await call(`${server.origin}/${USER.username}/another/x.vcf`, 'PUT', `${card.join('\r\n')}\r\n`, 'text/vcard');
    await call(server.book, 'DELETE');
    for (const readAgain of [() => api.expectStatus(202, api.call('POST', path('/work/read'))), () => link()]) {
      await readAgain();
      await eventually(async () => expect((await view()).state).to.equal('failing'));
      expect(await view()).to.deep.include({
        contacts: 1,
        collection: server.book.replace(server.origin, relay.origin),
        problem: {
          code: 'NOT_FOUND',
          detail:
            'The address book that was read is not on its server any more; its contacts stay until you link another URL or remove the source.',
        },
      });
    }
    expect(await friends()).to.have.length(1);
    await api.expectStatus(202, put('work', { url: `${relay.origin}/${USER.username}/another/`, ...USER }));
    await eventually(async () => expect(await view()).to.include({ state: 'current', contacts: 1 }));
  });

  it('goes with its subscriber, secrets and all', async () => {
    await withRedis(stack, async (redis) => {
      const [key = ''] = await redis.keys(`*:${alice.id}:source@work`);
      const kept = JSON.stringify(await redis.hGetAll(key));
      expect(kept).to.contain(relay.origin).and.not.contain(USER.password);
      await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
      await eventually(async () => expect(await redis.keys(`*:${alice.id}:*`)).to.be.empty);
      const due = await redis.keys('*:due:source');
      for (const list of due) expect(await redis.zScore(list, alice.id)).to.equal(null);
    });
  });
});

function image(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from(text)]);
}

function photo(text: string): string {
  return image(text).toString('base64');
}

function dataUri(text: string): string {
  return `data:image/jpeg;base64,${image(text).toString('base64')}`;
}
