import { join } from 'node:path';
import { expect } from 'chai';
import type { Child } from '../../../local/children/child.ts';
import { startProcess } from '../../../local/processes.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { itExcept } from '../../support/on-server.ts';
import { joinFriends } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

/** Of the book that is uploaded. */
const CONTACTS = 24;
const SENDS_TO_BOTH = { ejabberd: 'ejabberd goes on sending half of everything to the one that hangs' };

describe('two components, of which one stands by', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const played: string[] = [];
  let api: Api;
  let alice: Person;
  let bob: Person;
  let client: FriendClient;
  let active: Child;
  let other: Child;
  let count = 0;

  before(async () => {
    api = createApi(stack);
    [alice, bob] = await joinFriends(api);
    client = await connectFriend(stack, bob);
    active = stack.part('component');
    other = await startComponent();
    await oneStandsBy();
  });

  after(async () => {
    await client?.leave();
    await active?.stop();
    await other?.stop();
  });

  async function startComponent(): Promise<Child> {
    count += 1;
    const logFile = join(stack.dataDir, 'logs', `component-${count}.log`);
    return startProcess({ role: 'component', env: stack.env, logFile });
  }

  async function oneStandsBy(): Promise<void> {
    await eventually(async () => {
      const { status, body } = await api.call('GET', '/readyz');
      expect({ status, standby: body.standby }).to.deep.equal({ status: 200, standby: 1 });
    });
  }

  async function play(title: string): Promise<void> {
    played.push(title);
    await api.play(alice, { title, length: 3_600 });
  }

  /** The active one is gone: the other does its work, and a new one stands by. */
  async function replaceActive(): Promise<void> {
    active = other;
    other = await startComponent();
    await oneStandsBy();
  }

  function heard(): (string | undefined)[] {
    const titles = client.tunes.filter(({ from }) => from === alice.jid).map(({ tune }) => tune.title);
    // The server sends each event to the bare and to the full address.
    return titles.filter((title, i) => title !== titles[i - 1]);
  }

  it('count as one active and one that stands by', async () => {
    await eventually(async () => {
      const { text } = await api.call('GET', '/metrics');
      for (const state of ['active', 'standby']) {
        const counts = [...text.matchAll(new RegExp(`earshot_components\\{state="${state}",[^}]*\\} (\\d)\n`, 'g'))];
        expect(counts.map(([, count]) => count).sort(), state).to.deep.equal(['0', '1']);
      }
    });
  });

  for (const [how, end] of [
    ['killed', () => active.kill()],
    ['stopped', () => active.stop()],
  ] as const)
    it(`lose no tune and repeat none when the active one is ${how}`, async () => {
      await play(`Before it is ${how}`);
      await client.hears(alice.jid, `Before it is ${how}`);
      const ended = end();
      await play(`While it is ${how}`);
      await ended;
      await client.hears(alice.jid, `While it is ${how}`);
      await replaceActive();
      await play(`After it was ${how}`);
      await client.hears(alice.jid, `After it was ${how}`);
      expect(heard()).to.deep.equal(played);
    });

  it('lose nothing of a book in whose middle the active one is killed: it ends in everybody’s roster', async () => {
    const others: Person[] = [];
    for (let n = 0; n < CONTACTS; n += 1) {
      const person = await api.join(`+86137001370${10 + n}`);
      await api.putBook(person, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
      others.push(person);
    }
    await api.settled(...others);
    const alices = await connectFriend(stack, alice);
    // Only who has asked for it is told what becomes of it.
    await alices.roster();
    let killed: Promise<void> | undefined;
    alices.xmpp.on('stanza', (stanza) => {
      if (stanza.getChild('query', 'jabber:iq:roster')?.getChild('item')) killed ??= active.kill();
    });
    const book = [bob, ...others].map(({ phoneNumber }, n) => ({ name: `Friend ${n}`, phoneNumbers: [phoneNumber] }));
    await api.putBook(alice, book);
    await eventually(() => expect(killed).to.not.equal(undefined));
    await killed;
    const bothWays = [bob, ...others].map(({ jid }) => `${jid} both`).sort();
    await eventually(async () => {
      const items = (await alices.roster()).map(({ jid, subscription }) => `${jid} ${subscription}`);
      expect(items.sort()).to.deep.equal(bothWays);
    });
    for (const person of others) {
      const theirs = await connectFriend(stack, person);
      await theirs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Alice' }));
      await theirs.leave();
    }
    await alices.leave();
    await replaceActive();
  });

  itExcept(
    SENDS_TO_BOTH,
    'lose no tune and repeat none when the active one hangs: it is replaced, does nothing when it goes on, and stands by',
    async () => {
      await play('Before it hangs');
      await client.hears(alice.jid, 'Before it hangs');
      process.kill(active.pid, 'SIGSTOP');
      await play('While it hangs');
      await client.hears(alice.jid, 'While it hangs');
      await api.stop(alice);
      await client.hears(alice.jid, undefined);
      process.kill(active.pid, 'SIGCONT');
      await oneStandsBy();
      await play('After it has gone on');
      await client.hears(alice.jid, 'After it has gone on');
      expect(heard()).to.deep.equal([...played.slice(0, -1), undefined, 'After it has gone on']);
      const log = other.logTail(1_000).join('\n');
      expect(log).to.contain('this component is the active one now').and.not.to.contain('conflict');
      expect(active.logTail(1_000).join('\n')).to.contain('another component has become the active one');
    },
  );
});

describe('two components, where Prosody lets nobody end a connection that there is', () => {
  const stack = useStack({
    server: 'prosody',
    prosody: { extraSettings: ['component_conflict_resolve = "kick_new"'] },
    env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' },
  });

  it('have one active again when the one that hung goes on', async () => {
    const api = createApi(stack);
    const [alice, bob] = await joinFriends(api);
    const client = await connectFriend(stack, bob);
    const active = stack.part('component');
    const other = await startProcess({
      role: 'component',
      env: stack.env,
      logFile: join(stack.dataDir, 'logs', 'component-1.log'),
    });
    process.kill(active.pid, 'SIGSTOP');
    await api.play(alice, { title: 'While it hangs', length: 3_600 });
    await eventually(async () => expect((await api.call('GET', '/readyz')).status).to.equal(503));
    process.kill(active.pid, 'SIGCONT');
    await client.hears(alice.jid, 'While it hangs');
    await eventually(async () => expect((await api.call('GET', '/readyz')).body).to.include({ standby: 1 }));
    await client.leave();
    await other.stop();
  });
});
