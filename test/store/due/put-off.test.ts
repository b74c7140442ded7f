import { expect } from 'chai';
import { pino } from 'pino';
import { createConverge } from '../../../outlet/converge.ts';
import { connectQueueRedis, type QueueRedis } from '../../../runtime/queue/queue-redis.ts';
import { createQueueWorker, type QueueWork, type QueueWorker } from '../../../runtime/queue/queue-worker.ts';
import { createQueues, type Queues } from '../../../runtime/queue/queues.ts';
import { puttingOff, puttingOffUnlessAsked } from '../../../store/due/put-off.ts';
import type { Stores } from '../../../store/stores.ts';
import { createRecorder, type Recorder } from '../../outlet/recorder.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const JID = 'alice@op.example';
const HOUR = 3_600_000;

describe('an outlet whose jobs the worker runs', () => {
  const server = useRedis();
  const log = pino({ level: 'silent' });
  let stores: Stores;
  let redis: QueueRedis;
  let queues: Queues;
  let worker: QueueWorker;
  let recorder: Recorder;
  let earliest: number;

  before(async () => {
    stores = server.freshStores();
    redis = await connectQueueRedis(server.place, 'put-off', 'fail-fast', log);
    queues = createQueues(redis, log, async () => {});
    earliest = 0;
    recorder = createRecorder('each-friend', { pace: (_told, wanted) => (wanted ? earliest : 0) });
    const work = createConverge(recorder, { stores, queues, log, now: Date.now });
    worker = createQueueWorker(redis, 'source', log, puttingOff(stores.due, 'source', work));
    const alice = { id: 'alice', phoneNumber: '+8613800138000', numberKey: 'AAAAAAAAAAAA', jid: JID, displayName: '' };
    await addSubscriber(stores, alice, Date.now());
  });

  after(async () => {
    await worker?.close();
    await queues?.close();
    redis?.close();
  });

  async function play(title: string | undefined): Promise<void> {
    const now = Date.now();
    const tune = { kind: 'audio', title: title ?? '', length: 600 } as const;
    if (title === undefined) await stores.nowPlaying.stop('alice', 'phone', now);
    else await stores.nowPlaying.play('alice', { device: 'phone', tune, since: now, expiresAt: now + HOUR }, now);
    await queues.enqueue('source', ['alice']);
  }

  const last = () => recorder.calls.at(-1);
  const dueAt = () => server.redis.zScore(stores.keys.due('source', 'alice'), 'alice');

  it('shows what plays', async () => {
    await play('First');
    await eventually(() => expect(last()).to.equal(`show ${JID} First`));
    expect(await dueAt(), 'it is put off by nothing').to.equal(null);
  });

  it('is due when it may be told again, and is told a stop meanwhile', async () => {
    earliest = Date.now() + HOUR;
    await play('Second');
    await eventually(async () => expect(await dueAt()).to.equal(earliest));
    expect(last()).to.equal(`show ${JID} First`);
    await play(undefined);
    await eventually(() => expect(last()).to.equal(`show ${JID} -`));
  });
});

describe('work that another process may have taken over', () => {
  const server = useRedis();
  const job = {} as Parameters<QueueWork>[1];

  it('is put off, but not to a later time than others have said meanwhile', async () => {
    const { due } = server.freshStores();
    const run = (work: () => Promise<number>) => puttingOffUnlessAsked(due, 'sink', work)('one', job, '');
    await due.postpone('sink', 'one', 1);
    await run(async () => 60_000);
    expect(await due.at('sink', 'one')).to.equal(60_000);
    await run(async () => {
      await due.postpone('sink', 'one', 2_000);
      return 3_600_000;
    });
    expect(await due.at('sink', 'one')).to.equal(2_000);
  });
});
