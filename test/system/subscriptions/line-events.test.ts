import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

describe('a line that its carrier suspends', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);

  const tell = ({ phoneNumber }: Person, what: string, id: string) =>
    api.expectStatus(
      200,
      api.call('POST', '/v1/line-events', {
        ...{ specversion: '1.0', id, source: '/lines', type: `org.earshot.v1.line-${what}` },
        data: { phoneNumber },
      }),
    );

  it('is silent for friends in XMPP clients and on the page, and is heard again when it is resumed', async () => {
    const [alice, bob] = await joinFriends(api);
    const bobs = await connectFriend(stack, bob);
    await api.play(alice, { title: 'Before', length: 1_000 });
    await bobs.hears(alice.jid, 'Before');
    await tell(alice, 'suspended', '1');
    await bobs.hears(alice.jid, undefined);
    await api.play(alice, { title: 'Meanwhile', length: 1_000 });
    expect((await api.friends(bob))[0]).to.include({ nowPlaying: null });
    const heard = bobs.tunes.length;
    await tell(alice, 'resumed', '2');
    await bobs.hears(alice.jid, 'Meanwhile');
    await eventually(async () =>
      expect(((await api.friends(bob))[0] as { nowPlaying: object }).nowPlaying).to.include({ title: 'Meanwhile' }),
    );
    expect(JSON.stringify(bobs.tunes.slice(0, heard))).to.not.contain('Meanwhile');
    await bobs.leave();
  });
});
