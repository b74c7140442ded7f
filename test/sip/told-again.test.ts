import { expect } from 'chai';
import { pino } from 'pino';
import { play } from '../../domain/playing/tune.ts';
import { createConverge } from '../../outlet/converge.ts';
import type { Queues } from '../../runtime/queue/queues.ts';
import type { Stores } from '../../store/stores.ts';
import { useRedis } from '../support/redis.ts';
import { type ScriptedServer, startScriptedServer } from '../support/sip/scripted-server.ts';
import { sipOutletTo } from '../support/sip/sip-subject.ts';
import { ALICE, addSubscriber } from '../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const SONG = { kind: 'audio', title: 'Song', length: 100 } as const;
const STREAM = { kind: 'audio', title: 'Stream' } as const;

/** A publication as the presence server has it. `until`: when it expires; 0 for one that was removed. */
type Publication = { at: number; tag: string | undefined; until: number };

describe('on a presence server a tune that is told again', () => {
  const redis = useRedis();
  let server: ScriptedServer;
  let stop: () => void;
  let stores: Stores;
  let run: () => Promise<unknown>;
  let now: number;
  let published: Publication[];

  beforeEach(async () => {
    stores = redis.freshStores();
    [now, published] = [NOW, []];
    await addSubscriber(stores, ALICE, NOW);
    server = await startScriptedServer((request) => {
      const seconds = Number(request.header('Expires'));
      const until = seconds === 0 ? 0 : now + seconds * 1_000;
      published.push({ at: now, tag: request.header('SIP-If-Match'), until });
      return { status: '200 OK', headers: [`SIP-ETag: tag${published.length}`, `Expires: ${seconds}`] };
    });
    const { outlet, server: connection } = sipOutletTo(server.port, { patience: 60_000, now: () => now });
    stop = connection.stop;
    const context = { stores, queues: {} as Queues, log: pino({ level: 'silent' }), now: () => now };
    run = async () => createConverge(outlet, context)('alice');
  });

  afterEach(async () => {
    stop();
    await server.stop();
  });

  /** What a player tells, and the job that it wakes. */
  async function tells(tune: typeof SONG | typeof STREAM, position?: number): Promise<void> {
    const { devices } = await stores.nowPlaying.read('alice');
    await stores.nowPlaying.play('alice', play(devices[0], 'phone', tune, now, { position }), now);
    await run();
  }

  /** The time goes on, and every five seconds whoever is due is looked at. */
  async function passes(seconds: number): Promise<void> {
    for (const end = now + seconds * 1_000; now < end; now += 5_000)
      if ((await stores.due.take('sip', now, 10)).includes('alice')) await run();
  }

  /** Nobody who watches has missed it between the first publication and its removal. */
  function expectNoGap(): void {
    for (const [i, { at, tag }] of published.entries()) {
      if (i === 0) continue;
      expect(published[i - 1]?.until, `publication ${i + 1}`).to.be.above(at);
      expect(tag).to.equal(`tag${i}`);
    }
  }

  it('is seen until its new end, and removed then', async () => {
    await tells(SONG);
    await passes(90);
    await tells(SONG);
    expect(published, 'it lasts for a while').to.have.length(1);
    await passes(90);
    await tells(SONG);
    await passes(200);
    expectNoGap();
    expect(published.map(({ until }) => (until === 0 ? 'removed' : 'published'))).to.deep.equal([
      ...Array(published.length - 1).fill('published'),
      'removed',
    ]);
    expect(published.at(-1)?.at).to.equal(NOW + (90 + 90 + 105) * 1_000);
  });

  it('is seen until it is over when it was wound back', async () => {
    await tells(SONG, 50);
    await passes(30);
    await tells(SONG, 0);
    await passes(200);
    expectNoGap();
    expect(published.at(-1)).to.deep.include({ at: NOW + (30 + 105) * 1_000, until: 0 });
  });

  it('is seen as long as a stream goes on', async () => {
    await tells(STREAM);
    for (let i = 0; i < 5; i += 1) {
      await passes(300);
      await tells(STREAM);
    }
    await passes(1_000);
    expectNoGap();
    expect(published.at(-1)).to.deep.include({ at: NOW + (5 * 300 + 600) * 1_000, until: 0 });
  });

  it('after a pause ends when it is over', async () => {
    await tells(SONG);
    await passes(40);
    await stores.nowPlaying.stop('alice', undefined, now);
    await run();
    await passes(300);
    await tells(SONG, 40);
    await passes(200);
    const times = published.map(({ at, until }) => [(at - NOW) / 1_000, until === 0]);
    expect(times).to.deep.equal([
      [0, false],
      [40, true],
      [340, false],
      [405, true],
    ]);
  });
});
