import { expect } from 'chai';
import { pino } from 'pino';
import { askForNewNodes } from '../../../component/tune/new-nodes.ts';
import { NODES } from '../../../component/tune/nodes.ts';
import type { NodePlace } from '../../../domain/friendship/access-places.ts';
import { USUAL } from '../../../domain/friendship/node-access.ts';
import { OPEN } from '../../../domain/friendship/privacy.ts';
import { createConverge } from '../../../outlet/converge.ts';
import type { Queues } from '../../../runtime/queue/queues.ts';
import type { Stores } from '../../../store/stores.ts';
import { createRecorder, type Recorder } from '../../outlet/recorder.ts';
import { useRedis } from '../../support/redis.ts';
import { ALICE, addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const HOST = 'op.example';
const BOB = { id: 'bob', jid: 'bob@op.example', name: 'Bob', groups: ['Trusted'] };
const ONE: readonly NodePlace[] = [{ kept: '', usual: USUAL }];
const TWO: readonly NodePlace[] = [...ONE, { kept: 'urn:example:activity', usual: USUAL }];

describe('a node that is new', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await addSubscriber(stores, ALICE, NOW);
    const set = [BOB];
    await stores.friends.write('alice', { set, unset: [], dirty: [], bar: [], unbar: [] }, NOW);
    await stores.privacies.put('alice', { ...OPEN, audience: { groups: ['Trusted'] } }, [], undefined, NOW);
    await play('Before');
    await run(createRecorder('each-friend', { places: ONE }));
    expect(await asked(), 'nobody has to look at Alice any more').to.equal(false);
  });

  const ask = (places: readonly NodePlace[], host = HOST) =>
    askForNewNodes({ stores, log: pino({ level: 'silent' }), now: () => NOW }, host, places);
  const asked = async () => (await stores.nowPlaying.read('alice')).access.includes('xmpp');

  async function play(title: string): Promise<void> {
    const tune = { kind: 'audio', title } as const;
    await stores.nowPlaying.play('alice', { device: 'phone', tune, since: NOW, expiresAt: NOW + 60_000 }, NOW);
  }

  async function run(outlet: Recorder): Promise<string[]> {
    const queues = { enqueue: async () => {} } as unknown as Queues;
    await createConverge(outlet, { stores, queues, log: pino({ level: 'silent' }), now: () => NOW })('alice');
    return outlet.calls;
  }

  it('is closed to all but those who may look before anything is shown there, also of who had changed nothing since', async () => {
    await ask(ONE);
    expect(await asked()).to.equal(false);
    await ask(TWO);
    await play('After');
    const calls = await run(createRecorder('each-friend', { places: TWO }));
    expect(calls.slice(0, 3)).to.have.members([
      `show ${ALICE.jid} -`,
      `admit ${ALICE.jid} urn:example:activity model whitelist`,
      `admit ${ALICE.jid} urn:example:activity ${BOB.jid} member`,
    ]);
    expect(calls.slice(3)).to.deep.equal([`show ${ALICE.jid} After`]);
  });

  it('is one once, and again after a version that did not know it', async () => {
    for (const [places, isNew] of [
      [TWO, true],
      [TWO, false],
      [ONE, false],
      [TWO, true],
    ] as const) {
      await ask(places);
      expect(await asked(), `${places.length} nodes`).to.equal(isNew);
      await run(createRecorder('each-friend', { places }));
    }
  });

  it('is the affair of the home of whose account it is', async () => {
    await ask(TWO, 'brand.example');
    expect(await asked()).to.equal(false);
    await ask(TWO);
    expect(await asked()).to.equal(true);
  });

  it('is none of those that there have always been', async () => {
    expect(NODES[0].kept).to.equal('');
    await askForNewNodes({ stores, log: pino({ level: 'silent' }), now: () => NOW }, HOST);
    expect(await asked()).to.equal(NODES.length > 1);
  });
});
