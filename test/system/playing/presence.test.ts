import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Stack } from '../../../local/stack/stack.ts';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { startTestStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

describe('presence', () => {
  let stack: Stack;

  after(async () => stack?.stop());

  it('is seen of who comes online long after the component, when nobody was online before', async () => {
    stack = await startTestStack();
    const api = createApi(stack);
    const [alice, bob] = await joinFriends(api);
    // The server's time to repeat who is online, after which silence means offline.
    await sleep(5_500);
    const bobs = await connectFriend(stack, bob, 'late but there');
    await eventually(async () =>
      expect((await api.friends(alice))[0]).to.include({ online: true, status: 'late but there' }),
    );
    await bobs.leave();
  });
});
