import { expect } from 'chai';
import { MOST_STREAMS } from '../../../gateway/friends/event-streams.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type EventStream, openEvents } from '../../support/http/event-stream.ts';
import { startExtraGateway } from '../../support/http/extra-gateway.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

describe('the event stream of friends', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;

  before(async () => {
    [alice, bob] = await joinPair(api);
    await api.putBook(alice, [{ name: 'Bobby', phoneNumbers: [bob.phoneNumber] }]);
  });

  it('begins with everything, then tells who became a friend, what plays, who is online, and who is a friend no more', async () => {
    const stream = await openEvents(stack, alice);
    await stream.next('friends', (data) => expect(data).to.deep.equal({ friends: [] }));
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    const friend = {
      subscriberId: bob.id,
      name: 'Bobby',
      phoneNumber: bob.phoneNumber,
      jid: bob.jid,
      online: false,
      availability: 'offline',
      status: null,
      avatar: null,
      nowPlaying: null,
    };
    await stream.next('friend-added', (data) => expect(data).to.deep.equal(friend));

    await api.play(bob, { kind: 'video', title: 'In the Mood for Love', artist: 'Wong Kar-wai', length: 5880 });
    await stream.next('now-playing', (data) => {
      expect(data.subscriberId).to.equal(bob.id);
      expect(data.nowPlaying).to.include({
        kind: 'video',
        title: 'In the Mood for Love',
        artist: 'Wong Kar-wai',
        length: 5880,
      });
      expect(data.nowPlaying).to.not.have.property('device');
    });
    await api.stop(bob);
    await stream.next('now-playing', (data) => expect(data).to.deep.equal({ subscriberId: bob.id, nowPlaying: null }));

    const bobs = await connectFriend(stack, bob, 'out for a walk');
    await stream.next('presence', (data) =>
      expect(data).to.deep.equal({
        subscriberId: bob.id,
        online: true,
        availability: 'online',
        status: 'out for a walk',
      }),
    );
    expect((await api.friends(alice))[0]).to.include({ online: true, status: 'out for a walk' });
    await bobs.leave();
    await stream.next('presence', (data) =>
      expect(data).to.deep.equal({ subscriberId: bob.id, online: false, availability: 'offline', status: null }),
    );

    await api.putBook(bob, []);
    await stream.next('friend-removed', (data) => expect(data).to.deep.equal({ subscriberId: bob.id }));
    stream.close();
  });

  it('gives the place of a token’s oldest stream to its eleventh, and leaves those of other tokens alone', async () => {
    const issued = await api.call('POST', `/v1/subscribers/${alice.id}/tokens`, { deviceName: 'tablet' });
    const tablet = await openEvents(stack, { token: String(issued.body.token) });
    const streams: EventStream[] = [];
    for (let i = 0; i < MOST_STREAMS + 5; i += 1) {
      streams.push(await openEvents(stack, alice));
      await streams.at(-1)?.next('friends', () => {});
    }
    const over = streams.splice(0, streams.length + 1 - MOST_STREAMS);
    for (const stream of over) {
      await stream.next('replaced', (data) => expect(data).to.deep.equal({}));
      await eventually(() => expect(stream.ended()).to.equal(true));
    }
    await api.call('PATCH', `/v1/subscribers/${bob.id}`, { displayName: 'Bob again' });
    for (const stream of [tablet, ...streams]) expect(stream.ended()).to.equal(false);
    for (const stream of [tablet, ...streams]) stream.close();
  });

  it('is refused at an address with too many, until one of them is closed', async () => {
    const gateway = await startExtraGateway(stack, { EARSHOT_LIMIT_STREAMS: '2' });
    const server = { gatewayUrl: gateway.url };
    const [first, second] = [await openEvents(server, alice), await openEvents(server, bob)];
    const refused = await createApi({ gatewayUrl: gateway.url, operatorKey: alice.token }).call(
      'GET',
      '/v1/subscribers/me/friends/events',
    );
    expect([refused.status, refused.body.code]).to.deep.equal([429, 'TOO_MANY_REQUESTS']);
    expect(Number(refused.headers.get('retry-after'))).to.be.greaterThan(0);
    first.close();
    const third = await eventually(() => openEvents(server, alice));
    for (const stream of [second, third]) stream.close();
    await gateway.stop();
  });

  it('gives everything again to a client that comes back, also with a Last-Event-ID', async () => {
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await api.settled(alice, bob);
    await api.play(bob, { title: 'Meanwhile' });
    const answer = await fetch(`${stack.gatewayUrl}/v1/subscribers/me/friends/events`, {
      headers: { authorization: `Bearer ${alice.token}`, 'last-event-id': '17' },
    });
    const { value } = (await answer.body?.pipeThrough(new TextDecoderStream()).getReader().read()) ?? {};
    expect(value).to.match(/^retry: \d+\n\n/);
    await answer.body?.cancel().catch(() => {});
    const stream = await openEvents(stack, alice);
    await stream.next('friends', (data) =>
      expect((data.friends as { nowPlaying: unknown }[])[0]?.nowPlaying).to.include({ title: 'Meanwhile' }),
    );
    stream.close();
  });

  it('keeps a quiet connection open with a comment line', async () => {
    const answer = await fetch(`${stack.gatewayUrl}/v1/subscribers/me/friends/events`, {
      headers: { authorization: `Bearer ${alice.token}` },
    });
    let text = '';
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (text.endsWith(': heartbeat\n\n')) break;
    }
    expect(text).to.match(/: heartbeat\n\n$/);
  });

  it('catches up by itself when Redis was away', async () => {
    const stream = await openEvents(stack, alice);
    await stream.next('friends', () => {});
    const before = stream.events.length;
    await stack.kill('redis');
    await stack.restart('redis');
    await stack.untilReady();
    await eventually(() => expect(stream.events.slice(before).map(({ event }) => event)).to.include('friends'));
    await eventually(async () =>
      expect(
        (await api.call('PUT', api.path(bob, 'now-playing'), { kind: 'audio', title: 'After the storm' })).status,
      ).to.equal(202),
    );
    await stream.next('now-playing', (data) => expect(data.nowPlaying).to.include({ title: 'After the storm' }));
    stream.close();
  });

  it('ends when the gateway stops', async () => {
    const stream = await openEvents(stack, alice);
    await stack.process('gateway').stop();
    await eventually(() => expect(stream.ended()).to.equal(true));
    await stack.restart('gateway');
    await stack.untilReady();
  });
});
