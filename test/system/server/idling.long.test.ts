import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createApi } from '../../support/api.ts';
import { joinFriends } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

/** Several of the pings by which the component sees whether the server is still there. */
const SILENCE_MS = 45_000;

describe('while nobody does anything for a while', () => {
  const stack = useStack();
  const api = createApi(stack);

  it('the component stays connected, says nothing, and knows afterwards who is there', async () => {
    const [alice, bob] = await joinFriends(api);
    const bobs = await connectFriend(stack, bob);
    await api.play(alice, { title: 'Before', length: 600 });
    await bobs.hears(alice.jid, 'Before');
    const log = () => readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');
    const said = await log();
    await sleep(SILENCE_MS);
    expect((await log()).slice(said.length)).to.equal('');
    expect((await api.friends(alice))[0]).to.include({ online: true });
    await api.play(alice, { title: 'After', length: 600 });
    await bobs.hears(alice.jid, 'After');
    await bobs.leave();
  });
});
