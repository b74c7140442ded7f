import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { type Told, toldRedis } from '../../support/measure/redis-log.ts';
import { runsOn } from '../../support/on-server.ts';
import { joinFriends } from '../../support/pair.ts';
import { REDIS_KINDS, useRedis } from '../../support/redis.ts';
import { useRunning } from '../../support/running.ts';
import { startTestStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

/** In a cluster the entry in the audit trail is a step of its own, as it lies in another slot. */
const MORE_IN_CLUSTER = 1;
/** ejabberd 23 is given the node back after a stop: before, Redis is asked whose the account is (decision 324). */
const WHOSE = runsOn('ejabberd-23.01') ? 3 : 0;
/** Commands for one tune, from the request to its end. Of the first stop Redis is told the script's name, and then its text. */
const MOST_COMMANDS = { tune: 2, stop: 6 + WHOSE, byToken: 5 };
/** Times that it is counted at most, until it is few. */
const TRIES = 5;
/** Each is written to the disk before Redis answers it. */
const MOST_STEPS = { tune: 2, stop: 3, byToken: 4 };

for (const kind of REDIS_KINDS)
  describe(`what ${kind} is told for one tune`, () => {
    const cluster = kind === 'a Redis Cluster' ? useRedis(kind) : undefined;
    const more = cluster ? MORE_IN_CLUSTER : 0;
    const stack = useRunning(() =>
      startTestStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' }, ...(cluster && { redisUrl: cluster.url }) }),
    );
    const api = createApi(stack);
    let alice: Person;
    let bob: Person;
    let bobs: FriendClient;

    before(async () => {
      [alice, bob] = await joinFriends(api);
      bobs = await connectFriend(stack, bob);
      await play();
      // What it does for others and by itself is not counted: the tune alone is.
      await stack.kill('worker');
    });

    after(async () => bobs?.leave());

    let titles = 0;

    /** A tune that did not play before. */
    async function play(more: { device?: string } = {}): Promise<void> {
      titles += 1;
      const title = `Title ${titles}`;
      await api.play(alice, { title, length: 300, ...more });
      await bobs.hears(alice.jid, title);
      await workDone(stack);
    }

    async function stop(): Promise<void> {
      await api.stop(alice);
      await bobs.hears(alice.jid, undefined);
      await workDone(stack);
    }

    /**
     * Counts what is told during `counted`. The component also does something by itself now and then, such as reading a roster: what was
     * too much is counted again after `first`, and is too much when it is so each time.
     */
    async function expectFew(
      what: keyof typeof MOST_STEPS,
      counted: () => Promise<void>,
      first: () => Promise<void> = async () => {},
    ): Promise<void> {
      for (let left = TRIES; ; left -= 1) {
        await first();
        const told = await toldRedis(stack, counted, cluster?.nodes);
        try {
          return check(what, told);
        } catch (err) {
          if (left === 1) throw err;
        }
      }
    }

    function check(what: keyof typeof MOST_STEPS, { commands, steps }: Told): void {
      expect(steps.length, shown(steps.flat())).to.be.at.most(MOST_STEPS[what] + more);
      const own = steps.map((step) => texts(step).join()).filter((step) => step.includes(alice.id));
      // That it was told: no other step comes after the stanza.
      expect(own.at(-1), 'the last step').to.match(/:told:xmpp state told /);
      expect(commands.length, shown(commands)).to.be.at.most(MOST_COMMANDS[what] + more);
    }

    it('is few commands, and two steps that wait for the disk, one of them before the stanza', async () => {
      await expectFew('tune', play);
    });

    it('is no more when it takes the place of one that plays on another device, and one step more when it stops', async () => {
      await expectFew('tune', () => play({ device: 'another' }), play);
      await expectFew('stop', stop, play);
    });

    it('is also the two counts of calls, at once, where the subscriber’s own token is used', async () => {
      const headers = { authorization: `Bearer ${alice.token}` };
      const byToken = async () => {
        titles += 1;
        const title = `Title ${titles}`;
        const tune = { kind: 'audio', title, length: 300 };
        await api.expectStatus(202, api.call('PUT', '/v1/subscribers/me/now-playing', tune, headers));
        await bobs.hears(alice.jid, title);
        await workDone(stack);
      };
      // The first use of a token in an hour is noted.
      await byToken();
      await expectFew('byToken', byToken);
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
