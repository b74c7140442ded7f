import { xml as clientXml } from '@xmpp/client';
import { expect } from 'chai';
import { type IsOnline, onlineByActivity } from '../../../component/server/ejabberd/online.ts';
import { privilegedIq } from '../../../component/server/privileged-iq.ts';
import { API_COMMANDS } from '../../../local/ejabberd/ejabberd-config.ts';
import { findEjabberd } from '../../../local/ejabberd/ejabberd-program.ts';
import { eventually } from '../../support/eventually.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';
import { serverContract } from './contract.ts';
import { startUnderTest, type UnderTest } from './under-test.ts';

/** Undefined where there is none. */
function version(): string | undefined {
  try {
    return findEjabberd().version;
  } catch {
    return undefined;
  }
}

const ABILITIES = ['rosters', 'presences', 'nodes', 'accounts', 'meetings'] as const;
/** 23 grants none, nor anything that needs one (decision 183). */
const hasIqs = Number.parseInt(version() ?? '', 10) >= 24;

describe(`ejabberd ${version()} that grants every right, with its HTTP API`, () => {
  if (version() === undefined) return void it('is not installed here');

  serverContract([...ABILITIES, ...(hasIqs ? (['vcards'] as const) : [])], () => startUnderTest('ejabberd', {}));
  if (!hasIqs) it.skip('vcards are read: not here, as ejabberd 23 lets the component ask nothing in users’ names');

  for (const [command, ability] of [
    ['add_rosteritem', 'rosters'],
    ['connected_users_vhost', 'presences'],
  ] as const)
    it(`is found out before a user needs it, where its API does not take ${command}`, async () => {
      const apiCommands = API_COMMANDS.filter((one) => one !== command);
      const world = await startUnderTest('ejabberd', { ejabberd: { apiCommands } });
      try {
        const { lacks, mode, advice } = world.server;
        expect(mode).to.equal('unprivileged');
        expect(lacks.map((lack) => lack.ability)).to.deep.equal([ability]);
        expect(advice([ability])).to.contain(command);
      } finally {
        await world.stop();
      }
    });

  if (!hasIqs)
    return void it.skip(
      'who is online is asked in the user’s name: not here, as ejabberd 23 lets the component ask nothing so',
    );

  describe('asked in the user’s name who is online', () => {
    let world: UnderTest;
    /** What the user's own presences say, as in `createPresenceTracker`. */
    let seemsOnline: boolean;
    let askedApi: number;
    let isOnline: IsOnline;
    const clientsOf = (jid: string) => world.server.presences?.snapshot?.clients(jid);

    before(async () => {
      world = await startUnderTest('ejabberd', {});
      const upper = (jid: string) => jid.replace(/@.*/, (host) => host.toUpperCase());
      isOnline = onlineByActivity(
        privilegedIq(world.stream, upper),
        () => seemsOnline,
        async (jid) => {
          askedApi += 1;
          return (await clientsOf(jid))?.length !== 0;
        },
      );
    });

    beforeEach(() => {
      [seemsOnline, askedApi] = [true, 0];
    });

    after(async () => world?.stop());

    it('knows a client that is there, and whoever was never there, without the API', async () => {
      const person = await world.account('here');
      expect(await isOnline(person.jid)).to.equal(false);
      const client = await connectFriend(world, person);
      await eventually(async () => expect(await clientsOf(person.jid)).to.have.length(1));
      expect(await isOnline(person.jid)).to.equal(true);
      await client.leave();
      expect(askedApi).to.equal(0);
    });

    it('knows in the moment in which a client is cut off or leaves that it is gone, though its presence says otherwise', async () => {
      const person = await world.account('gone');
      for (const way of ['cut off', 'left'] as const)
        for (let n = 0; n < TIMES; n += 1) {
          const client = await connectFriend(world, person);
          await eventually(async () => expect(await clientsOf(person.jid)).to.have.length(1));
          if (way === 'left') await client.leave();
          else cutOff(client);
          await eventually(async () => expect(await clientsOf(person.jid)).to.have.length(0));
          expect(await isOnline(person.jid), way).to.equal(false);
        }
      expect(askedApi).to.equal(0);
    });

    it('asks the API about who has said goodbye without a word, or has a session that has told no presence', async () => {
      const person = await world.account('goodbye');
      const client = await connectFriend(world, person);
      await eventually(async () => expect(await clientsOf(person.jid)).to.have.length(1));
      await client.xmpp.send(clientXml('presence', { type: 'unavailable' }));
      seemsOnline = false;
      await eventually(async () => expect(await isOnline(person.jid)).to.equal(false));
      expect(askedApi, 'the session is there').to.be.greaterThan(0);
      await client.leave();
    });
  });
});

/** So often each, as a client may go at any time within a second. */
const TIMES = 4;

/** Its connection breaks, and it does not come back. */
function cutOff({ xmpp }: FriendClient): void {
  xmpp.reconnect.stop();
  (xmpp as unknown as { socket: { destroy(): void } }).socket.destroy();
}
