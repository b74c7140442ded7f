import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { joinFriends } from '../../support/pair.ts';
import { type Told, toldRedis } from '../../support/redis-log.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

/** Commands for one tune, from the request to its end. */
const MOST_COMMANDS = 10;
/** Each is written to the disk before Redis answers it. */
const MOST_STEPS = { tune: 2, stop: 3, byToken: 4 };

describe('what Redis is told for one tune', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let bobs: FriendClient;

  before(async () => {
    [alice, bob] = await joinFriends(api);
    bobs = await connectFriend(stack, bob);
    await play('The first');
    // What it does for others and by itself is not counted: the tune alone is.
    await stack.kill('worker');
  });

  after(async () => bobs?.leave());

  async function play(title: string): Promise<void> {
    await api.play(alice, { title, length: 300 });
    await bobs.hears(alice.jid, title);
    await workDone(stack);
  }

  async function stop(): Promise<void> {
    await api.stop(alice);
    await bobs.hears(alice.jid, undefined);
    await workDone(stack);
  }

  function expectFew(what: keyof typeof MOST_STEPS, { commands, steps }: Told): void {
    expect(steps.length, shown(steps.flat())).to.be.at.most(MOST_STEPS[what]);
    // That it was told: no other step comes after the stanza.
    expect(texts(steps.at(-1) ?? []).join(), 'the last step').to.match(/:told:xmpp state told /);
    expect(commands.length, shown(commands)).to.be.at.most(MOST_COMMANDS);
  }

  it('is few commands, and two steps that wait for the disk, one of them before the stanza', async () => {
    expectFew('tune', await toldRedis(stack, () => play('The second')));
  });

  it('is no more when it takes the place of one that plays on another device, and one step more when it stops', async () => {
    expectFew(
      'tune',
      await toldRedis(stack, async () => {
        await api.play(alice, { title: 'The third', length: 300, device: 'another' });
        await bobs.hears(alice.jid, 'The third');
        await workDone(stack);
      }),
    );
    expectFew('stop', await toldRedis(stack, stop));
  });

  it('is also the two counts of calls, at once, where the subscriber’s own token is used', async () => {
    const headers = { authorization: `Bearer ${alice.token}` };
    const byToken = async (title: string) => {
      const tune = { kind: 'audio', title, length: 300 };
      await api.expectStatus(202, api.call('PUT', '/v1/subscribers/me/now-playing', tune, headers));
      await bobs.hears(alice.jid, title);
      await workDone(stack);
    };
    // The first use of a token in an hour is noted.
    await byToken('The fourth');
    expectFew('byToken', await toldRedis(stack, () => byToken('The fifth')));
  });
});

function texts(commands: readonly string[][]): string[] {
  return commands.map((words) => words.join(' ').replaceAll('\n', ' '));
}

function shown(commands: readonly string[][]): string {
  return `\n${texts(commands)
    .map((text) => text.slice(0, 160))
    .join('\n')}\n`;
}
