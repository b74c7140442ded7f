import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { useRedis } from '../../support/redis.ts';

const YEAR = 31_536_000_000;
/** Friends who play in turn, as only the newest tune of each is told. */
const FRIENDS = 20;
/** Bytes: what one round of theirs is, a few times. */
const MOST_WAITING = 256 * 1_024;

describe('an event stream whose client reads nothing', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let gatewayUrl: string;
  let client: Socket | undefined;

  before(async () => {
    gateway = await openTestGateway(server);
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    gatewayUrl = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
  });

  after(async () => {
    client?.destroy();
    // Node takes the connection of a stream for one that is in use.
    gateway?.app.server.closeAllConnections();
    await gateway?.stop();
  });

  /** A line of three kilobytes for whoever sees it. */
  async function play(id: string, title: string): Promise<void> {
    const since = gateway.now();
    const tune = {
      kind: 'audio' as const,
      title,
      artist: 'a'.repeat(1_000),
      source: 's'.repeat(1_000),
      length: 60_000,
    };
    await gateway.stores.nowPlaying.play(id, { device: 'phone', tune, since, expiresAt: since + YEAR }, since);
  }

  it('is cut, and was told when to return, and has the newest then', async () => {
    const me = await gateway.join('+8613800138000');
    const friends: string[] = [];
    for (let i = 0; i < FRIENDS; i += 1) friends.push(await gateway.join(`+86138001390${10 + i}`));
    for (const id of friends)
      for (const [one, other] of [
        [me, id],
        [id, me],
      ] as const) {
        const set = [{ id: other, jid: `${other}@op.example`, name: 'Friend', groups: [], since: 0 }];
        await gateway.stores.friends.write(one, { set, unset: [], dirty: [], bar: [], unbar: [] }, gateway.now());
      }
    const { token } = await gateway.stores.tokens.issue(me, undefined, YEAR, gateway.now());
    const accepted = once(gateway.app.server, 'connection') as Promise<[Socket]>;
    client = connect(Number(new URL(gatewayUrl).port), '127.0.0.1');
    client.write(
      `GET /v1/subscribers/me/friends/events HTTP/1.1\r\nhost: earshot\r\nauthorization: Bearer ${token}\r\n\r\n`,
    );
    const [begun] = (await once(client, 'data')) as [Buffer];
    client.pause();
    expect(`${begun}`).to.match(/^HTTP\/1\.1 200 .*\r\nretry: 2000\n/s);
    const [theirs] = await accepted;
    const playAll = (title: string) => Promise.all(friends.map((id) => play(id, title)));
    // Whoever takes nothing is looked at every ten seconds.
    await eventually(async () => {
      for (let i = 0; !theirs.writableNeedDrain && !theirs.destroyed; i += 1)
        await playAll(`${i} ${'t'.repeat(1_000)}`);
      await playAll('The newest');
      expect(theirs.writableLength, 'that waits for it').to.be.at.most(MOST_WAITING);
      gateway.pass(1_000);
      expect(theirs.destroyed).to.equal(true);
    });
    const again = await openEvents({ gatewayUrl }, { token });
    await again.next('friends', (data) => {
      const shown = data.friends as { nowPlaying: { title: string } | null }[];
      expect(shown.map(({ nowPlaying }) => nowPlaying?.title)).to.deep.equal(friends.map(() => 'The newest'));
    });
    again.close();
  });
});
