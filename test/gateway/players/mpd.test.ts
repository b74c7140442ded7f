import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { pino } from 'pino';
import { connectSingle } from '../../../runtime/redis/redis.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { type Mpd, startMpd } from '../../support/players/mpd.ts';
import { type ApplicationPassword, makePassword, nowPlaying } from '../../support/players/players.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const SENDING = "sending 'now playing' notification";
/** What stands last of these says whether the player waits for an answer. */
const ANSWERED = /OK$|sending 'now playing' notification$/;

describe('mpd with mpdscribble', () => {
  // Seven programs start here, each of which may take long on a busy machine.
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '100' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let made: ApplicationPassword;
  let mpd: Mpd;
  let bobs: FriendClient;

  before(async () => {
    [alice, bob] = await joinFriends(api);
    bobs = await connectFriend(stack, bob);
    made = await makePassword(api, alice, 'Living room');
    mpd = await startMpd(`${stack.gatewayUrl}/audioscrobbler`, { name: made.username, password: made.password }, [
      { title: 'Jóga', artist: 'Björk', album: 'Homogenic', length: 45 },
      { title: '猎人', artist: 'Björk', album: 'Homogenic', length: 40 },
    ]);
  });

  after(async () => {
    await mpd?.stop();
    await bobs?.leave();
  });

  it('shows a friend’s XMPP client each track that it plays', async () => {
    await mpd.order('play', '1');
    await bobs.hears(alice.jid, 'Jóga');
    expect(bobs.tunes.at(-1)?.tune).to.deep.equal({
      artist: 'Björk',
      length: '45',
      source: 'Homogenic',
      title: 'Jóga',
    });
    await mpd.order('play', '2');
    await bobs.hears(alice.jid, '猎人');
    expect(await nowPlaying(api, alice)).to.include({ player: 'Living room', length: 40 });
  });

  it('greets again when its session is no longer known', async () => {
    const place = { urls: [stack.redis().url], cluster: false, sharded: true } as const;
    const client = await connectSingle(place, 'fail-fast', pino({ level: 'silent' }));
    const sessions = await client.keys('*player-session:*');
    expect(sessions).to.not.have.length(0);
    await client.del(sessions);
    client.destroy();
    await mpd.order('play', '1');
    await bobs.hears(alice.jid, 'Jóga');
  });

  it('loses its tune when its password is revoked, and shows no other', async () => {
    const said = (text: string) => mpd.log().filter((line) => line.endsWith(text)).length;
    // What friends see already the player may not have been answered yet.
    await eventually(() => expect(mpd.log().findLast((line) => ANSWERED.test(line))).to.match(/OK$/));
    const [sent, taken] = [said(SENDING), said('OK')];
    const path = api.path(alice, `application-passwords/${made.applicationPasswordId}`);
    await api.expectStatus(204, api.call('DELETE', path));
    await bobs.hears(alice.jid, undefined);
    await mpd.order('play', '2');
    await eventually(() => expect(said(SENDING)).to.be.greaterThan(sent));
    await sleep(1_000);
    expect(said('OK')).to.equal(taken);
    expect(await nowPlaying(api, alice)).to.equal(undefined);
  });
});
