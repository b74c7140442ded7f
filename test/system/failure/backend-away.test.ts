import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { failingBackend } from '../../support/servers/failing-backend.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

const { settings, fail, mend } = failingBackend();

describe('while the backend of the XMPP server is away', () => {
  const stack = useStack({ server: 'prosody', ...settings });
  const api = createApi(stack);

  afterEach(() => mend());

  const failures = async () =>
    (await readFile(join(stack.dataDir, 'prosody', 'prosody.log'), 'utf8')).split('is away').length;

  it('a tune that is withdrawn goes off friends’ screens, once it is back', async () => {
    const [alice, bob] = await joinFriends(api);
    const bobs = await connectFriend(stack, bob);
    await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await api.expectStatus(
      202,
      api.call('PUT', `/v1/subscribers/${alice.id}/now-playing`, { kind: 'audio', title: 'Lied' }),
    );
    await bobs.hears(alice.jid, 'Lied');
    const before = await failures();
    fail(['accounts']);
    await api.call('PUT', `/v1/subscribers/${alice.id}/privacy`, {
      discoverable: true,
      audience: 'nobody',
      privateUntil: null,
      blocked: [],
    });
    await eventually(async () => expect(await failures()).to.be.greaterThan(before));
    mend();
    await bobs.hears(alice.jid, undefined);
    await bobs.leave();
  });
});
