import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { joinFriends } from '../../support/pair.ts';
import { nowPlaying, secondsShown } from '../../support/players/players.ts';
import { publishes } from '../../support/players/publishes.ts';
import { shortSession } from '../../support/short-session.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

describe('a tune that the user’s own client publishes', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '100' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let alices: FriendClient;
  let bobs: FriendClient;

  const shows = (title: string | undefined) =>
    eventually(async () => expect((await nowPlaying(api, alice))?.title).to.equal(title));
  /** Prosody 0.12 sends an event twice to a client whose capabilities it met first there: to its full and its bare JID. */
  const heard = () => bobs.tunes.map((seen) => seen.tune.title ?? '-').filter((title, i, all) => title !== all[i - 1]);
  /** Also what the server may say again. */
  const quiet = async () => {
    await workDone(stack);
    for (const client of [alices, bobs]) await client.caughtUp();
  };

  before(async () => {
    [alice, bob] = await joinFriends(api);
    alices = await connectFriend(stack, alice);
    bobs = await connectFriend(stack, bob);
  });

  beforeEach(async () => {
    await alices.plays({});
    await api.stop(alice);
    await shows(undefined);
    await quiet();
    bobs.tunes.length = 0;
  });

  after(async () => {
    await alices?.leave();
    await bobs?.leave();
  });

  it('is the subscriber’s now playing everywhere, and not published a second time', async () => {
    const before = await publishes(stack, api);
    const tune = { artist: 'Björk', length: '305', rating: '9', source: 'Homogenic', title: 'Jóga', track: '2' };
    await alices.plays({ ...tune, uri: 'https://music.example/joga' });
    await shows('Jóga');
    expect(await nowPlaying(api, alice)).to.deep.equal({
      kind: 'audio',
      title: 'Jóga',
      artist: 'Björk',
      source: 'Homogenic',
      track: '2',
      length: 305,
      rating: 9,
      uri: 'https://music.example/joga',
      device: 'xmpp',
      shared: true,
    });
    expect(await secondsShown(api, alice)).to.equal(310);
    const [friend] = await api.friends(bob);
    expect(friend?.nowPlaying).to.include({ title: 'Jóga' });
    await quiet();
    expect(heard()).to.deep.equal(['Jóga']);
    expect(await publishes(stack, api)).to.equal(before);
    await alices.plays({});
    await shows(undefined);
    await quiet();
    expect(heard()).to.deep.equal(['Jóga', '-']);
    expect(await publishes(stack, api)).to.equal(before);
  });

  it('reaches friends on the web at once', async () => {
    const stream = await openEvents(stack, bob);
    try {
      await stream.next('friends', () => {});
      await alices.plays({ title: 'Live on the page' });
      await stream.next('now-playing', ({ nowPlaying: tune }) =>
        expect(tune).to.include({ title: 'Live on the page' }),
      );
    } finally {
      stream.close();
    }
  });

  it('does not take our own publishes for the client’s', async () => {
    for (const title of ['One', 'Two', 'Three']) {
      await api.play(alice, { title, device: 'phone' });
      await bobs.hears(alice.jid, title);
    }
    await quiet();
    expect((await nowPlaying(api, alice))?.device).to.equal('phone');
    await api.stop(alice, 'phone');
    await bobs.hears(alice.jid, undefined);
    await quiet();
    expect(await nowPlaying(api, alice)).to.equal(undefined);
    expect(heard()).to.deep.equal(['One', 'Two', 'Three', '-']);
  });

  it('wins while it is the newest, and its end brings back what still plays elsewhere', async () => {
    await api.play(alice, { title: 'On the phone', device: 'phone' });
    await bobs.hears(alice.jid, 'On the phone');
    await alices.plays({ title: 'At the desk' });
    await shows('At the desk');
    await alices.plays({});
    await shows('On the phone');
    await bobs.hears(alice.jid, 'On the phone');
    await alices.plays({ title: 'At the desk again' });
    await shows('At the desk again');
    await api.play(alice, { title: 'The phone’s next', device: 'phone' });
    await bobs.hears(alice.jid, 'The phone’s next');
    await api.stop(alice, 'phone');
    await bobs.hears(alice.jid, 'At the desk again');
    expect((await nowPlaying(api, alice))?.device).to.equal('xmpp');
  });

  it('is not fought over when a client says that nothing plays', async () => {
    await api.play(alice, { title: 'On the phone', device: 'phone' });
    await bobs.hears(alice.jid, 'On the phone');
    const before = await publishes(stack, api);
    for (let n = 0; n < 3; n += 1) await alices.plays({});
    await bobs.hears(alice.jid, undefined);
    expect(await publishes(stack, api)).to.equal(before);
    expect(heard()).to.deep.equal(['On the phone', '-']);
    expect((await nowPlaying(api, alice))?.title).to.equal('On the phone');
    await api.play(alice, { title: 'The next', device: 'phone' });
    await bobs.hears(alice.jid, 'The next');
  });

  it('converges to one tune when both publish at the same time', async () => {
    for (let n = 0; n < 5; n += 1) {
      await Promise.all([
        alices.plays({ title: `Desk ${n}` }),
        api.play(alice, { title: `Phone ${n}`, device: 'phone' }),
      ]);
      await eventually(async () => {
        const title = String((await nowPlaying(api, alice))?.title);
        expect(title).to.match(new RegExp(`^(Desk|Phone) ${n}$`));
        expect(heard().at(-1)).to.equal(title);
      });
      await quiet();
      expect(heard().at(-1)).to.equal((await nowPlaying(api, alice))?.title);
    }
  });

  it('is seen by nobody in a private session, not even for a moment, and by friends when it ends', async () => {
    const settings = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
    const consent = async (changes: object) =>
      api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...settings, ...changes }));
    const closed = async () => {
      await eventually(async () => expect(await alices.tuneAccess()).to.equal('whitelist'));
      await workDone(stack);
      await bobs.caughtUp();
    };
    await consent({ privateUntil: new Date(Date.now() + 3_600_000).toISOString() });
    await closed();
    const told = bobs.tunes.length;
    await alices.plays({ title: 'For myself' });
    await shows('For myself');
    await workDone(stack);
    await bobs.caughtUp();
    expect(bobs.tunes.slice(told)).to.be.empty;
    await consent({});
    await bobs.hears(alice.jid, 'For myself');
    await consent({ audience: 'nobody' });
    await bobs.hears(alice.jid, undefined);
    await closed();
    const later = bobs.tunes.length;
    await alices.plays({ title: 'For nobody' });
    await shows('For nobody');
    await workDone(stack);
    await bobs.caughtUp();
    expect(bobs.tunes.slice(later)).to.be.empty;
    await consent({});
    await bobs.hears(alice.jid, 'For nobody');
  });

  it('a private session that ends by itself opens the node again, though nothing was playing', async () => {
    const body = { discoverable: true, audience: 'friends', blocked: [] };
    await shortSession((privateUntil) =>
      api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...body, privateUntil })),
    );
    await workDone(stack);
    await eventually(async () => expect(await alices.tuneAccess()).to.equal('presence'));
    await alices.plays({ title: 'After the session' });
    await bobs.hears(alice.jid, 'After the session');
  });

  it('is cleaned before anybody else of ours sees it, and may lack a title', async () => {
    await alices.plays({
      title: '\u202EEvil\u2066',
      artist: 'x'.repeat(3_000),
      length: '12.7',
      uri: 'javascript:alert(1)',
    });
    await shows('Evil');
    const shown = await nowPlaying(api, alice);
    expect(shown)
      .to.include({ artist: 'x'.repeat(1_024), length: 13 })
      .and.not.have.property('uri');
    await alices.plays({ artist: 'Only an artist' });
    await shows('Only an artist');
    await alices.plays({ mood: 'nothing that we know' });
    await shows(undefined);
  });

  it('is heard again after the component, Prosody or Redis died, and what was said meanwhile is not lost for ever', async () => {
    for (const part of ['component', 'server', 'redis'] as const) {
      await stack.kill(part);
      await stack.restart(part);
      await stack.untilReady();
      await eventually(async () => {
        // What was sent into a connection that was just breaking is never answered.
        await alices.plays({ title: `After ${part}` }, 10_000);
        await sleep(200);
        expect((await nowPlaying(api, alice))?.title).to.equal(`After ${part}`);
      });
    }
  });

  it('is in no log', async () => {
    const logs = ['component', 'gateway', 'worker'].map((role) => join(stack.dataDir, 'logs', `${role}.log`));
    const text = (await Promise.all(logs.map((file) => readFile(file, 'utf8')))).join('');
    expect(text)
      .to.contain('connected, with every right')
      .and.not.match(/Jóga|Evil|Only an artist|At the desk/);
  });

  /** Somebody with an account that stays: Earshot did not make it, and hears what is played there. */
  async function joinWith(jid: string, phoneNumber: string): Promise<[Person, FriendClient]> {
    const password = 'secret';
    await stack.server().makeAccount(jid, password);
    const { body } = await api.expectStatus(201, api.call('POST', '/v1/subscribers', { phoneNumber, jid }));
    await workDone(stack);
    const person = { id: String(body.subscriberId), jid, password, phoneNumber, token: '' };
    return [person, await connectFriend(stack, person)];
  }

  it('is no longer heard of somebody who left', async () => {
    const [carol, carols] = await joinWith('carol@op.example', '+8613900139001');
    expect(await carols.tuneListeners()).to.deep.equal(['tune.op.example']);
    await carols.plays({ title: 'Still here' });
    await eventually(async () => expect((await nowPlaying(api, carol))?.title).to.equal('Still here'));
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${carol.id}`));
    await eventually(async () => expect(await carols.tuneListeners()).to.deep.equal([]));
    await workDone(stack);
    expect(await carols.tuneListeners(), 'after all that is done for somebody who leaves').to.deep.equal([]);
    await carols.leave();
  });

  it('is undone to the end where a process died half-way, in an account that stays', async () => {
    const [dave, daves] = await joinWith('dave@op.example', '+8613900139002');
    expect(await daves.tuneListeners()).to.deep.equal(['tune.op.example']);
    await daves.endSubscription('tune.op.example');
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${dave.id}`));
    await eventually(async () => expect(await daves.tuneListeners()).to.deep.equal([]));
    await daves.leave();
  });
});
