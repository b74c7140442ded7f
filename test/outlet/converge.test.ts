import { expect } from 'chai';
import { pino } from 'pino';
import { OPEN, type Privacy } from '../../domain/friendship/privacy.ts';
import { ADMITTING } from '../../domain/playing/outlets.ts';
import { shownBy, tellingTime } from '../../domain/playing/told.ts';
import { fingerprint, type Playing } from '../../domain/playing/tune.ts';
import { type ConvergeContext, createConverge } from '../../outlet/converge.ts';
import { NobodyThere } from '../../outlet/outlet.ts';
import type { Queues } from '../../runtime/queue/queues.ts';
import { GRACE } from '../../store/due/due.ts';
import type { Situation } from '../../store/playing/situation.ts';
import type { Stores } from '../../store/stores.ts';
import { clearPartings } from '../support/partings.ts';
import { useRedis } from '../support/redis.ts';
import { ALICE, addSubscriber } from '../support/subscribers.ts';
import { createRecorder, type Recorder } from './recorder.ts';

const NOW = 1_800_000_000_000;
const AFTER_BLOCK = 500;
const JID = ALICE.jid;
const BOB = { id: 'bob', jid: 'bob@op.example', name: 'Bob', groups: ['Work'] };
const NO_CHANGES = { set: [], unset: [], dirty: [], bar: [], unbar: [] };

describe('an outlet is brought in line with what is decided', () => {
  const server = useRedis();
  let stores: Stores;
  let now: number;
  let asked: string[];
  let putOff: number | undefined;

  beforeEach(async () => {
    stores = server.freshStores();
    [now, asked, putOff] = [NOW, [], undefined];
    await addSubscriber(stores, ALICE, NOW);
    await stores.friends.write('alice', { ...NO_CHANGES, set: [BOB] }, NOW);
  });

  const song = (title: string, device = 'phone', length = 60_000): Playing => ({
    device,
    tune: { kind: 'audio', title },
    since: now,
    expiresAt: now + length,
  });
  const play = (title: string, device?: string, length?: number) =>
    stores.nowPlaying.play('alice', song(title, device, length), now);
  const consent = (settings: Partial<Privacy>) =>
    stores.privacies.put('alice', { ...OPEN, ...settings }, [], undefined, now);
  const decide = async () =>
    stores.privacies.clearDirtyBlocked('alice', (await stores.privacies.dirtyBlocked('alice')).marks, now);
  /** Decided, as a worker would, and half a second has passed. */
  const blocks = async (...ids: string[]) => {
    await stores.privacies.put(
      'alice',
      OPEN,
      ids.map((subscriberId) => ({ subscriberId })),
      undefined,
      now,
    );
    await decide();
    now += AFTER_BLOCK;
  };
  const isDue = async (time: number) => (await stores.due.take('tune', time, 10)).includes('alice');

  /** One run of the job; what the outlet was told in it. */
  async function run(outlet: Recorder): Promise<string[]> {
    const queues = {
      enqueue: async (name: string, ids: readonly string[]) => void asked.push(...ids.map((id) => `${name} ${id}`)),
    } as Queues;
    const context: ConvergeContext = { stores, queues, log: pino({ level: 'silent' }), now: () => now };
    const before = outlet.calls.length;
    putOff = await createConverge(outlet, context)('alice');
    return outlet.calls.slice(before);
  }

  it('is told what it does not show yet, once, and the end', async () => {
    const outlet = createRecorder('each-friend');
    await play('Song');
    expect(await run(outlet)).to.deep.equal([`show ${JID} Song`]);
    expect(await run(outlet)).to.deep.equal([]);
    await stores.nowPlaying.stop('alice', undefined, now);
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
    expect(await run(outlet)).to.deep.equal([]);
    expect(await isDue(NOW + 3_600_000), 'nothing is left to be done').to.equal(false);
  });

  it('is told again, without waiting, when nobody knows whether it has heard', async () => {
    const outlet = createRecorder('each-friend', { pace: (told) => (told.state === 'told' ? NOW * 2 : 0) });
    await play('Song');
    outlet.during = () => {
      throw new Error('the answer is lost');
    };
    expect(await run(outlet).catch((err: Error) => err.message)).to.equal('the answer is lost');
    expect((await stores.told.read('alice', 'xmpp')).state).to.equal('unknown');
    outlet.during = () => {};
    expect(await run(outlet)).to.deep.equal([`show ${JID} Song`]);
  });

  it('is tried again later, but not later than what has changed meanwhile asks for', async () => {
    const outlet = createRecorder('each-friend', { retry: () => 60_000 });
    outlet.during = () => {
      throw new Error('it is away');
    };
    await play('Song');
    await run(outlet);
    expect(await isDue(NOW + 59_999)).to.equal(false);
    outlet.during = async () => {
      await consent({ audience: 'nobody' });
      throw new Error('it is away');
    };
    await run(outlet);
    expect(await isDue(NOW + GRACE), 'what is withdrawn').to.equal(true);
  });

  it('loses a tune that was over before the outlet had answered', async () => {
    const outlet = createRecorder('each-friend');
    await play('Short', 'phone', 1_000);
    outlet.during = () => {
      now = NOW + 5_000;
    };
    expect(await run(outlet)).to.deep.equal([`show ${JID} Short`]);
    expect(await isDue(now), 'its end is due').to.equal(true);
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
  });

  it('is told who may look before anything is shown there, where it is new and nobody has asked for that', async () => {
    await consent({ audience: { groups: ['Work'] } });
    await run(createRecorder('each-friend'));
    expect((await stores.nowPlaying.read('alice')).access, 'it has looked').to.not.include('xmpp');
    // As if this one were another.
    await stores.told.forget('alice', 'xmpp');
    await play('Song');
    expect(await run(createRecorder('each-friend'))).to.deep.equal([
      `admit ${JID} model whitelist`,
      `admit ${JID} ${BOB.jid} member`,
      `show ${JID} Song`,
    ]);
  });

  it('is emptied before somebody is shut out, and shows the rest again at once', async () => {
    const outlet = createRecorder('each-friend', { pace: (told) => (told.state === 'told' ? NOW * 2 : 0) });
    await play('Song');
    await run(outlet);
    await blocks('carol');
    expect(await run(outlet)).to.deep.equal([
      `show ${JID} -`,
      `admit ${JID} model whitelist`,
      `admit ${JID} ${BOB.jid} member`,
      `show ${JID} Song`,
    ]);
    await blocks();
    expect(await run(outlet), 'who is let in has not seen it yet').to.deep.equal([
      `admit ${JID} model presence`,
      `admit ${JID} ${BOB.jid} none`,
      `show ${JID} Song`,
    ]);
    await consent({ audience: 'nobody' });
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`, `admit ${JID} model whitelist`]);
    await consent({});
    expect(await run(outlet)).to.deep.equal([`admit ${JID} model presence`, `show ${JID} Song`]);
  });

  it('is told no tune while it is not decided who is shut out, and a stop at once', async () => {
    const outlet = createRecorder('each-friend');
    await play('Before');
    await run(outlet);
    await stores.privacies.put('alice', OPEN, [{ subscriberId: 'bob' }], undefined, now);
    await play('After');
    expect(await run(outlet)).to.deep.equal([
      `show ${JID} -`,
      `admit ${JID} model whitelist`,
      `admit ${JID} ${BOB.jid} member`,
    ]);
    await decide();
    now += AFTER_BLOCK;
    expect(await run(outlet)).to.deep.equal([`show ${JID} After`]);
    await stores.privacies.put('alice', OPEN, [{ subscriberId: 'carol' }], undefined, now);
    await stores.nowPlaying.stop('alice', undefined, now);
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
  });

  it('is told the tune at the same time after a block, however soon it is decided whether the number has an owner', async () => {
    const outlet = createRecorder('each-friend');
    await play('Before');
    await run(outlet);
    for (const numberKey of ['unknown', 'known']) {
      const blockedAt = now;
      await stores.privacies.put('alice', OPEN, [{ numberKey }], undefined, now);
      await play(`After ${numberKey}`);
      if (numberKey === 'unknown') await decide();
      else await stores.friends.write('alice', { ...NO_CHANGES, bar: [['owner', 'owner@op.example']] }, now);
      now = blockedAt + 10;
      await run(outlet);
      expect(putOff, numberKey).to.equal(blockedAt + AFTER_BLOCK);
      await decide();
      now = blockedAt + AFTER_BLOCK - 1;
      expect(await run(outlet), numberKey).to.deep.equal([]);
      now = blockedAt + AFTER_BLOCK;
      expect(await run(outlet), numberKey).to.deep.equal([`show ${JID} After ${numberKey}`]);
    }
  });

  it('has what it was told kept in mind if it may forget that, and otherwise nothing is', async () => {
    await play('Song');
    await run(createRecorder('each-friend'));
    await blocks('carol');
    await run(createRecorder('each-friend'));
    expect(await stores.lately.before('alice', NOW * 2)).to.deep.equal([]);
    await blocks();
    await run(createRecorder('each-friend', { forgets: true }));
    const shown = { what: 'shown', outlet: 'xmpp' };
    const access = ['model', BOB.jid].map((field) => ({ what: 'access', outlet: 'xmpp', field }));
    expect(await stores.lately.before('alice', NOW * 2)).to.have.deep.members([...access, shown]);
    expect(await stores.due.isMarked('lately', 'alice')).to.equal(true);
  });

  it('shows nothing while somebody parts, and lets the roster go on once it is empty', async () => {
    const outlet = createRecorder('each-friend');
    await play('Song');
    await run(outlet);
    await stores.friends.write('alice', { ...NO_CHANGES, unset: ['bob'] }, now);
    await clearPartings(stores, 'alice', { but: 'xmpp' });
    const asks = asked.length;
    outlet.during = () => void expect(asked.slice(asks), 'before it is empty').to.be.empty;
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
    outlet.during = () => {};
    expect(asked.slice(asks)).to.deep.equal(['roster alice', 'roster bob']);
    expect(await run(outlet)).to.deep.equal([]);
    await stores.sharing.end('alice', await stores.sharing.partings('alice'), now);
    expect(await run(outlet)).to.deep.equal([`show ${JID} Song`]);
  });

  it('shows on while somebody parts where friends are not told apart, but nothing when who parts is barred', async () => {
    const outlet = createRecorder('everybody');
    await play('Song');
    expect(await run(outlet)).to.deep.equal([`show ${JID} Song`]);
    await stores.friends.write('alice', { ...NO_CHANGES, unset: ['bob'] }, now);
    expect(await run(outlet)).to.deep.equal([]);
    await stores.friends.write('alice', { ...NO_CHANGES, unset: ['carol'], bar: [['carol', 'carol@op.example']] }, now);
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
  });

  it('is emptied and opened at an address that was given up, and told everything at the new one', async () => {
    const outlet = createRecorder('each-friend');
    await consent({ audience: { groups: ['Work'] } });
    await play('Song');
    await run(outlet);
    const moved = { numbers: ALICE, jid: 'alice.li@op.example' };
    expect(await stores.subscribers.identity.change('alice', moved, now)).to.equal('ok');
    expect(await run(outlet)).to.deep.equal([
      `show ${JID} -`,
      `admit ${JID} model presence`,
      `admit ${JID} ${BOB.jid} none`,
      'admit alice.li@op.example model whitelist',
      `admit alice.li@op.example ${BOB.jid} member`,
      'show alice.li@op.example Song',
    ]);
  });

  it('that refuses to be emptied at an address that was given up is asked again at its own time', async () => {
    const outlet = createRecorder('everybody', { retry: () => 60_000 });
    await play('Song');
    await run(outlet);
    expect(
      await stores.subscribers.identity.change('alice', { numbers: ALICE, jid: 'alice.li@op.example' }, now),
    ).to.equal('ok');
    outlet.during = () => {
      throw new Error('it is refused');
    };
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
    expect(await isDue(NOW + 59_999)).to.equal(false);
    expect(await isDue(NOW + 60_000)).to.equal(true);
    outlet.during = () => {};
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`, 'show alice.li@op.example Song']);
  });

  it('is left alone for a while where nobody is, and nobody has to wait for it', async () => {
    const outlet = createRecorder('each-friend', { addressOf: () => 'nobody@op.example' });
    await play('Song');
    await stores.friends.write('alice', { ...NO_CHANGES, unset: ['bob'] }, now);
    await clearPartings(stores, 'alice', { but: 'xmpp' });
    await stores.told.begin(
      (await stores.situations.read('alice', 'xmpp')) as Situation,
      'xmpp',
      'nobody@op.example',
      now,
    );
    expect(await run(outlet)).to.deep.equal(['show nobody@op.example -']);
    expect(await isDue(NOW + 59_999)).to.equal(false);
    expect(await isDue(NOW + 60_000)).to.equal(true);
    now += 30_000;
    await run(outlet);
    expect(asked, 'it may be a mistake').to.not.include.members(['roster bob']);
    now += 30_000;
    expect(await run(outlet)).to.deep.equal(['show nobody@op.example -']);
    expect(asked).to.include.members(['roster alice', 'roster bob']);
    expect(await stores.told.read('alice', 'xmpp')).to.deep.equal({ state: 'nothing', address: undefined });
  });

  it('is left alone no longer than that where nobody was found by a clock that was ahead', async () => {
    const outlet = createRecorder('each-friend', { addressOf: () => 'nobody@op.example' });
    await play('Song');
    const seen = (await stores.situations.read('alice', 'xmpp')) as Situation;
    await stores.told.begin(seen, 'xmpp', 'nobody@op.example', now);
    now += 3_600_000;
    await run(outlet);
    now = NOW;
    await run(outlet);
    expect(await stores.told.read('alice', 'xmpp'), 'by this clock').to.include({ state: 'missed', at: NOW });
    now += 60_000;
    await run(outlet);
    expect((await stores.told.read('alice', 'xmpp')).state).to.equal('nothing');
  });

  it('is given up when it is looked at for the second time, however long it would wait from then on', async () => {
    const pauses = [1_800_000, 5_400_000];
    const outlet = createRecorder('each-friend', {
      addressOf: () => 'nobody@op.example',
      retry: () => pauses.shift(),
    });
    await play('Song');
    const seen = (await stores.situations.read('alice', 'xmpp')) as Situation;
    await stores.told.begin(seen, 'xmpp', 'nobody@op.example', now);
    await run(outlet);
    expect((await stores.told.read('alice', 'xmpp')).state).to.equal('missed');
    now += 1_800_000;
    await run(outlet);
    expect((await stores.told.read('alice', 'xmpp')).state).to.equal('nothing');
  });

  it('where nobody was found by mistake is told again that nothing is to be shown', async () => {
    let isThere = true;
    const outlet = createRecorder('each-friend');
    const { show } = outlet;
    outlet.show = async (address, playing, memo) => {
      if (!isThere) throw new NobodyThere('there is nobody');
      return show(address, playing, memo);
    };
    await play('Song');
    await run(outlet);
    isThere = false;
    await consent({ audience: 'nobody' });
    expect(await run(outlet)).to.deep.equal([]);
    isThere = true;
    now += 60_000;
    expect(await run(outlet)).to.include(`show ${JID} -`);
    expect(outlet.sight.get(JID)).to.equal(undefined);
    expect(shownBy(await stores.told.read('alice', 'xmpp'))).to.equal('');
  });

  it('that cannot tell friends apart shows nothing that one of them may not see', async () => {
    const outlet = createRecorder('everybody');
    await play('Song');
    expect(await run(outlet)).to.deep.equal([`show ${JID} Song`]);
    await consent({ audience: { groups: ['Work'] } });
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
    await consent({});
    expect(await run(outlet)).to.deep.equal([`show ${JID} Song`]);
    await stores.friends.write('alice', { ...NO_CHANGES, bar: [['bob', BOB.jid]] }, now);
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
    await stores.friends.write('alice', { ...NO_CHANGES, unbar: ['bob'] }, now);
    expect(await run(outlet)).to.deep.equal([`show ${JID} Song`]);
    // Who looks there has a phone, and need be no subscriber.
    await stores.privacies.put('alice', OPEN, [{ numberKey: 'of nobody' }], undefined, now);
    expect(await run(outlet), 'at once').to.deep.equal([`show ${JID} -`]);
    await decide();
    now += AFTER_BLOCK;
    await play('After');
    expect(await run(outlet), 'though it has no owner').to.deep.equal([]);
    await blocks();
    expect(await run(outlet)).to.deep.equal([`show ${JID} After`]);
    await consent({ audience: { groups: ['Work'] } });
    await run(outlet);
    expect((await stores.nowPlaying.read('alice')).access, 'what others have to look at').to.deep.equal(ADMITTING);
  });

  it('that wants to hear the same again is told at its time, with what it had to keep', async () => {
    const memos: (string | undefined)[] = [];
    const outlet = createRecorder('trusted', {
      show: async (_address, _playing, memo) => {
        memos.push(memo);
        return { memo: `tag ${memos.length}`, again: now + 30_000 };
      },
    });
    await play('Song');
    await run(outlet);
    now += 29_999;
    expect(await isDue(now)).to.equal(false);
    await run(outlet);
    now += 1;
    expect(await isDue(now)).to.equal(true);
    await run(outlet);
    expect(memos).to.deep.equal([undefined, 'tag 1']);
  });

  it('that has to wait is put off, and a stop that came meanwhile is not', async () => {
    const outlet = createRecorder('each-friend', {
      pace: (told, wanted) => tellingTime(told, wanted?.tune, 5_000),
    });
    await play('First');
    await run(outlet);
    await play('Second');
    expect(await run(outlet)).to.deep.equal([]);
    expect(putOff).to.equal(NOW + 5_000);
    await stores.nowPlaying.stop('alice', undefined, now);
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
  });

  it('is not kept waiting for as long as a clock was ahead when it was told, or when somebody was blocked', async () => {
    const outlet = createRecorder('each-friend', {
      pace: (told, wanted) => tellingTime(told, wanted?.tune, 5_000),
    });
    now += 3_600_000;
    await play('First');
    await run(outlet);
    now = NOW;
    await play('Second');
    expect(await run(outlet)).to.deep.equal([`show ${JID} Second`]);
    now += 3_600_000;
    await blocks('bob');
    now = NOW + 5_000;
    await play('Third');
    expect((await run(outlet)).at(-1)).to.equal(`show ${JID} Third`);
  });

  it('is told a change that is noted with the change itself, and again when nobody knows whether it has heard', async () => {
    const outlet = createRecorder('each-friend');
    const state = async () => (await stores.told.read('alice', 'xmpp')).state;
    const change = (title: string) => stores.nowPlaying.play('alice', song(title), now, { wanted: () => song(title) });
    await change('First');
    await run(outlet);
    await change('First');
    expect(await state(), 'the same again changes nothing').to.equal('told');
    await change('Second');
    outlet.during = async () => {
      expect(await state(), 'nothing was noted for it').to.equal('doubted');
      throw new Error('the answer is lost');
    };
    expect(await run(outlet).catch((err: Error) => err.message)).to.equal('the answer is lost');
    outlet.during = () => {};
    await change('First');
    expect(await run(outlet), 'what was told last may not be what it shows').to.deep.equal([`show ${JID} First`]);
    expect(await state()).to.equal('told');
    expect(await run(outlet)).to.deep.equal([]);
  });

  it('is known to show a tune where the user’s own client was the first', async () => {
    const outlet = createRecorder('each-friend');
    await stores.nowPlaying.publishedByOwner('alice', 'xmpp', 'xmpp', song('By the client', 'xmpp'), 'it', now);
    expect(await run(outlet)).to.deep.equal([]);
    now += 1;
    await stores.nowPlaying.play('alice', song('By us'), now, { wanted: () => song('By us') });
    expect(await run(outlet)).to.deep.equal([`show ${JID} By us`]);
    expect(await stores.told.read('alice', 'xmpp')).to.include({ state: 'told', address: JID });
  });

  it('is told once, and no more, where the own client was the first and who may see it was told before', async () => {
    const outlet = createRecorder('each-friend');
    await consent({ audience: 'nobody' });
    await run(outlet);
    await consent({ audience: 'friends' });
    await run(outlet);
    expect(await stores.told.read('alice', 'xmpp')).to.deep.equal({ state: 'nothing', address: JID });
    await stores.nowPlaying.publishedByOwner('alice', 'xmpp', 'xmpp', song('By the client', 'xmpp'), 'it', now);
    now += 1;
    await stores.nowPlaying.play('alice', song('By us'), now, { wanted: () => song('By us') });
    expect(await run(outlet)).to.deep.equal([`show ${JID} By us`]);
    expect((await stores.told.read('alice', 'xmpp')).state, 'what was told is noted').to.equal('told');
    expect(await run(outlet)).to.deep.equal([]);
  });

  it('is emptied first in any doubt, before somebody is shut out', async () => {
    const outlet = createRecorder('each-friend');
    await play('Song');
    await run(outlet);
    await stores.nowPlaying.stop('alice', undefined, now);
    await run(outlet);
    await stores.nowPlaying.play('alice', song('Perhaps seen'), now, { wanted: () => song('Perhaps seen') });
    await consent({ audience: 'nobody' });
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`, `admit ${JID} model whitelist`]);
  });

  it('is not taken to show what was told by a run that another has overtaken', async () => {
    const outlet = createRecorder('each-friend');
    await play('First');
    let overtaken = false;
    outlet.during = async () => {
      if (overtaken) return;
      // As by a process that stood still while another one came into its place.
      overtaken = true;
      now += 1;
      await play('Second');
      expect(await run(outlet)).to.include(`show ${JID} Second`);
    };
    await run(outlet);
    expect(shownBy(await stores.told.read('alice', 'xmpp'))).to.equal(fingerprint(song('Second').tune));
  });

  it('is not thought to be empty by a process that stood still after it had emptied it, while another did all', async () => {
    const outlet = createRecorder('each-friend');
    await play('Song');
    await run(outlet);
    await consent({ audience: { groups: ['Work'] } });
    now += 1_000;
    let overtaken = false;
    outlet.during = async () => {
      if (overtaken) return;
      overtaken = true;
      now += 30_000;
      expect(await run(outlet)).to.include(`show ${JID} Song`);
    };
    await run(outlet);
    now += 60_000;
    await run(outlet);
    expect(outlet.sight.get(JID), 'the tune has ended').to.equal(undefined);
    expect(outlet.calls.at(-1)).to.equal(`show ${JID} -`);
  });

  it('is not shown a tune when consent is withdrawn after all was read', async () => {
    const outlet = createRecorder('each-friend');
    const { begin } = stores.told;
    stores.told.begin = async (...place) => {
      stores.told.begin = begin;
      await consent({ audience: 'nobody' });
      return begin(...place);
    };
    await play('Song');
    expect(await run(outlet)).to.deep.equal([]);
    expect(asked).to.include('tune alice');
    expect(await run(outlet)).to.not.include(`show ${JID} Song`);
  });

  it('is not shown a tune when consent is withdrawn while that waits for its turn', async () => {
    let meanwhile = async () => {};
    const turns: boolean[] = [];
    const outlet = createRecorder('everybody', {
      async ready(takesAway) {
        turns.push(takesAway);
        await meanwhile();
        return true;
      },
    });
    const change = (title: string) => stores.nowPlaying.play('alice', song(title), now, { wanted: () => song(title) });
    const withdraw = async () => {
      meanwhile = async () => {};
      await consent({ audience: 'nobody' });
    };
    await change('Before');
    await run(outlet);
    await change('Withdrawn');
    meanwhile = withdraw;
    expect(await run(outlet)).to.deep.equal([]);
    expect(asked).to.deep.equal(['tune alice']);
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
    expect(turns).to.deep.equal([false, false, true]);
    await consent({});
    await run(outlet);
    const other = createRecorder('everybody', { ready: () => Promise.reject(new Error('away')), retry: () => 60_000 });
    await change('While it is away');
    expect(await run(other)).to.deep.equal([]);
    expect((await stores.told.read('alice', 'xmpp')).state, 'nothing was noted').to.equal('doubted');
    expect(await isDue(NOW + 60_000)).to.equal(true);
  });

  it('is not shown a tune when consent is withdrawn while this process stands still, though doubt was noted with the tune', async () => {
    const outlet = createRecorder('everybody');
    const change = (title: string) => stores.nowPlaying.play('alice', song(title), now, { wanted: () => song(title) });
    await change('Before');
    await run(outlet);
    await change('Withdrawn');
    const { read } = stores.situations;
    stores.situations.read = async (...whose) => {
      stores.situations.read = read;
      const seen = await read(...whose);
      await consent({ audience: 'nobody' });
      now += 1_001;
      return seen;
    };
    expect(await run(outlet)).to.deep.equal([]);
    expect(asked).to.deep.equal(['tune alice']);
    expect(await run(outlet)).to.deep.equal([`show ${JID} -`]);
  });

  it('is forgotten with whoever is forgotten', async () => {
    const outlet = createRecorder('each-friend');
    await play('Song');
    await server.redis.del(stores.keys.subscriber('alice'));
    expect(await run(outlet)).to.deep.equal([]);
    expect(await server.redis.exists(stores.keys.playing('alice'))).to.equal(0);
    expect(await isDue(NOW + 3_600_000)).to.equal(false);
  });
});
