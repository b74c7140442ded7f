import { connect } from 'node:net';
import { expect } from 'chai';
import { readOperations } from '../../fuzz/operations.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { whileHanging } from '../../support/hanging.ts';
import { joinFriends } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const OPEN = /^POST \/v1\/(?:tokens|verification\/\w+)/;

describe('a server that hangs instead of dying', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0', EARSHOT_REDIS_PATIENCE_MS: '5000' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let bobs: FriendClient;

  before(async () => {
    [alice, bob] = await joinFriends(api);
    bobs = await connectFriend(stack, bob);
  });

  after(async () => bobs?.leave());

  /** The server tells each tune twice, to who is subscribed and to who is interested. */
  const titlesHeard = () =>
    bobs.tunes.map(({ tune }) => tune.title).filter((title, i, all) => title !== undefined && title !== all[i - 1]);

  it('is a Redis: every call says 503 and when to come back while it still hangs, and probes are answered', async () => {
    const operations = (await readOperations(stack.gatewayUrl)).filter(({ path }) => path.startsWith('/v1/'));
    expect(operations).to.have.length.greaterThan(30);
    await whileHanging(stack.redis(), async () => {
      const answers = await Promise.all(
        operations.map(async ({ method, path }) => {
          const body = method === 'GET' || method === 'DELETE' ? undefined : {};
          const authorization = `Bearer ${alice.token}`;
          const url = path.replace('{subscriberId}', alice.id).replaceAll(/\{\w+\}/g, 'x');
          const { status, headers } = await api.call(method, url, body, { authorization });
          return { call: `${method} ${path}`, status, again: headers.get('retry-after') };
        }),
      );
      const others = answers.filter(({ status, again }) => status !== 503 || again === null);
      // Of calls that take no token: nothing that is no login is looked for.
      const bodiesAtFault = others.filter(({ call, status }) => status === 400 && OPEN.test(call));
      expect(others).to.deep.equal(bodiesAtFault);
      expect((await fetch(`${stack.gatewayUrl}/livez`)).status).to.equal(200);
      const ready = await fetch(`${stack.gatewayUrl}/readyz`);
      expect(ready.status).to.equal(503);
      expect(await ready.json()).to.deep.include({ missing: ['Redis'] });
    });
    await stack.untilReady();
  });

  it('is a Redis: the time for a body does not run while we wait for ourselves', async () => {
    await whileHanging(stack.redis(), async () => {
      const head = [
        `PUT ${api.path(alice, 'now-playing')} HTTP/1.1`,
        'host: earshot',
        `authorization: Bearer ${alice.token}`,
        'content-type: application/json',
        'content-length: 60',
      ];
      const answer = await answerTo(stack.gatewayUrl, `${head.join('\r\n')}\r\n\r\n{"kind":`);
      expect(answer).to.match(/^HTTP\/1.1 503 .*\r\nretry-after: \d/is);
    });
    await stack.untilReady();
  });

  it('is a Redis: what was accepted before is shown once, and everything goes on by itself', async () => {
    await api.play(alice, { title: 'Just before the hang' });
    await whileHanging(stack.redis(), async () => {
      const refused = await api.call('PUT', api.path(alice, 'now-playing'), { kind: 'audio', title: 'Into the void' });
      expect(refused.status).to.equal(503);
    });
    let [title, attempts] = ['', 0];
    await eventually(() => {
      attempts += 1;
      title = `After the hang ${attempts}`;
      return api.play(alice, { title });
    });
    await bobs.hears(alice.jid, title);
    await eventually(() => api.putBook(bob, [{ name: 'Alice anew', phoneNumbers: [alice.phoneNumber] }]));
    await bobs.item(alice.jid, (item) => expect(item).to.include({ name: 'Alice anew' }));
    await stack.untilReady();
    const heard = titlesHeard();
    expect(heard).to.deep.equal([...new Set(heard)]);
  });

  it('is the XMPP server: calls that do not need it are answered as ever, and what they ask for is shown once it goes on', async () => {
    await whileHanging(stack.server(), async () => {
      await api.play(alice, { title: 'Nobody can hear this yet' });
      await api.play(alice, { title: 'The newest one' });
      await api.putBook(bob, [{ name: 'Alice renamed', phoneNumbers: [alice.phoneNumber] }]);
      await eventually(async () => expect((await api.friends(bob))[0]).to.include({ name: 'Alice renamed' }));
      await eventually(async () => {
        const ready = await fetch(`${stack.gatewayUrl}/readyz`);
        expect(await ready.text()).to.match(/XMPP/i);
      });
      const made = await api.call('POST', '/v1/subscribers', { phoneNumber: '+8613700137000' });
      expect(made.status).to.equal(503);
      expect(made.headers.get('retry-after')).not.to.equal(null);
    });
    await bobs.hears(alice.jid, 'The newest one');
    await bobs.item(alice.jid, (item) => expect(item).to.include({ name: 'Alice renamed' }));
    expect(titlesHeard().filter((title) => title === 'The newest one')).to.have.length(1);
    expect(titlesHeard().at(-1)).to.equal('The newest one');
    await stack.untilReady();
    await api.join('+8613700137000');
  });
});

/** What comes back on a connection on which only a part of a request was sent. */
function answerTo(gatewayUrl: string, request: string): Promise<string> {
  const { hostname, port } = new URL(gatewayUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(request)).setEncoding('utf8');
    let answer = '';
    socket.on('data', (text) => {
      answer += text;
      if (answer.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}
