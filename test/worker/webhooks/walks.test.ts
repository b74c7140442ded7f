import { expect } from 'chai';
import { EVENT_KINDS, scopeOf } from '../../../domain/subscription/event-types.ts';
import { activate } from '../../../service/telling/activation.ts';
import { createLook } from '../../../service/telling/look.ts';
import { ASKS_AGAIN, createWalks } from '../../../service/telling/walks.ts';
import { createSinkJob } from '../../../worker/webhooks/sink-job.ts';
import { createWatchRound } from '../../../worker/webhooks/watch-round.ts';
import { jobContext } from '../../support/context.ts';
import { kindOf } from '../../support/servers/sink.ts';
import { SCENE_ID as ID, useSinkScene } from '../../support/servers/sink-scene.ts';

describe('subscriptions that look at everybody', () => {
  const scene = useSinkScene();
  const { server, subscribe, come, play } = scene;
  let woken: string[];

  beforeEach(() => {
    woken = [];
    const enqueue = async (_: string, ids: readonly string[]) => void woken.push(...ids);
    scene.context = { ...scene.context, ...jobContext('worker', scene.stores, () => scene.time, enqueue) };
  });

  /** One more, which has not begun. */
  async function make(id: string, more: Record<string, unknown> = {}): Promise<void> {
    const made = await scene.stores.subscriptions.get(ID);
    await scene.stores.subscriptions.create({
      ...(made as NonNullable<typeof made>),
      ...{ id, secrets: [], status: 'ACTIVATION_REQUESTED' },
      ...more,
    });
    await scene.stores.watched.begin(id);
  }

  const statusOf = async (id: string) => (await scene.stores.subscriptions.get(id))?.status;

  it('wait without a place while others do, whose events go on, and are woken for the next one', async () => {
    await subscribe();
    await make('waits');
    scene.context.walks = createWalks(1);
    scene.context.walks.begin('another');
    const job = createSinkJob(scene.context);
    expect(await job('waits')).to.be.above(scene.time);
    expect(await statusOf('waits')).to.equal('ACTIVATION_REQUESTED');
    const id = await come();
    await play(id);
    woken = [];
    await job(ID);
    expect(scene.sink.taken().map(kindOf)).to.deep.equal(['subscriber-added', 'now-playing-changed']);
    expect(scene.context.walks.end('another')).to.equal('waits');
    await job('waits');
    expect(await statusOf('waits')).to.equal('ACTIVE');
    expect(woken).to.deep.equal(['waits']);
  });

  it('give their place to one that waits', async () => {
    await subscribe();
    await make('first');
    await make('second');
    scene.context.walks = createWalks(1);
    scene.context.walks.begin('another');
    const job = createSinkJob(scene.context);
    for (const id of ['first', 'second']) await job(id);
    expect(scene.context.walks.end('another')).to.equal('first');
    woken = [];
    await job('first');
    expect(woken).to.have.members(['first', 'second']);
    await job('second');
    expect(await statusOf('second')).to.equal('ACTIVE');
  });

  it('wait for a place as well to tell all anew, or to find what they have missed, and tell meanwhile what changes', async () => {
    await subscribe();
    const id = await come();
    const job = createSinkJob(scene.context);
    await job(ID);
    scene.context.walks = createWalks(1);
    scene.context.walks.begin('another');
    const { subscriptions, sinkWork } = scene.stores;
    await subscriptions.doubtAll();
    await subscriptions.change(ID, (one) => ({ ...one, missed: 'stamp' }));
    await play(id);
    const told = scene.sink.taken().length;
    expect(await job(ID)).to.be.at.most(scene.time + ASKS_AGAIN);
    const kinds = ['subscription-restored', 'subscriber-added', 'now-playing-changed'];
    expect(scene.sink.taken().slice(told).map(kindOf)).to.deep.equal(kinds);
    expect(await subscriptions.get(ID))
      .to.include({ missed: 'stamp' })
      .and.have.property('restored');
    expect(await sinkWork.waiting(ID, scene.time), 'nobody is looked at').to.equal(0);
    expect(scene.context.walks.end('another')).to.equal(ID);
    for (let run = 0; run < 3; run += 1) await job(ID);
    expect(await subscriptions.get(ID)).to.not.have.any.keys('missed', 'restored');
  });

  it('have no place kept for one that has left', () => {
    const walks = createWalks<string>(1);
    walks.begin('another');
    for (const one of ['leaves', 'comes', 'last']) walks.begin(one);
    expect(walks.leave('leaves')).to.equal(undefined);
    expect(walks.end('another')).to.equal('comes');
    expect(walks.leave('comes'), 'that was woken').to.equal('last');
  });

  it('go on behind others after a while, where they were', async () => {
    await subscribe();
    await make('long');
    for (let i = 0; i < 3; i += 1) await come();
    const pages = await scene.stores.roll.pages();
    await server.redis.set(scene.stores.keys.lastIndex, `${(pages + 2) * 1_024}`);
    const { context } = scene;
    const job = createSinkJob({ ...context, elapsed: () => (scene.time += 3_000) });
    await job('long');
    expect(await statusOf('long')).to.equal('ACTIVATION_REQUESTED');
    const { walked } = await scene.stores.sinkWork.progress('long');
    expect(walked).to.be.within(1, pages + 1);
    for (let run = 0; run < 10 && (await statusOf('long')) !== 'ACTIVE'; run += 1) {
      expect(woken.at(-1)).to.equal('long');
      await job('long');
    }
    expect(await statusOf('long')).to.equal('ACTIVE');
  });

  it('have not begun by a run that was overtaken before it had looked at all', async () => {
    await subscribe();
    await make('overtaken');
    await come();
    const subscription = await scene.stores.subscriptions.get('overtaken');
    if (!subscription) throw new Error('It is gone.');
    const before = await scene.stores.sinkWork.begin('overtaken');
    await scene.stores.sinkWork.begin('overtaken');
    const look = createLook(scene.stores, scene.context.keyedHash, { ranges: [] });
    expect(await activate(scene.context, { subscription, fence: before }, look)).to.equal(false);
    expect(await statusOf('overtaken')).to.equal('ACTIVATION_REQUESTED');
    await createSinkJob(scene.context)('overtaken');
    expect(await statusOf('overtaken')).to.equal('ACTIVE');
  });

  it('are not woken by each change that they hear of meanwhile, and told of it once they have begun', async () => {
    await subscribe();
    await make('waits');
    scene.context.walks = createWalks(0);
    woken = [];
    await come();
    expect(woken).to.deep.equal([ID]);
    scene.context.walks = createWalks();
    const job = createSinkJob(scene.context);
    await job('waits');
    await job('waits');
    expect(scene.sink.taken().map(({ data }) => data.subscriptionId)).to.deep.equal(['waits']);
    woken = [];
    await come();
    expect(woken).to.have.members([ID, 'waits']);
  });

  it('are woken of a change that came in the moment in which they began', async () => {
    await subscribe();
    await make('begins');
    scene.context.walks = createWalks(0);
    const { subscriptions, ...others } = scene.stores;
    // The list that the look at who has changed reads is older than what follows it.
    const list = async (...words: Parameters<typeof subscriptions.list>) => {
      const all = await subscriptions.list(...words);
      await subscriptions.change('begins', (one) => ({ ...one, status: 'ACTIVE' }));
      return all;
    };
    const watch = createWatchRound({
      ...scene.context,
      stores: { ...others, subscriptions: { ...subscriptions, list } },
    });
    scene.watch = watch;
    woken = [];
    await come();
    expect(woken).to.have.members([ID, 'begins']);
  });

  it('read no more than the numbers of who is out of their range', async () => {
    const scopes = [...new Set(EVENT_KINDS.map(scopeOf))];
    const made = await scene.stores.credentials.create({ name: 'carrier', scopes, ranges: ['+49'] }, scene.time);
    const owner = (made as { credential: { id: string } }).credential.id;
    for (let i = 0; i < 5; i += 1) await come();
    await subscribe();
    await make('of another country', { owner });
    const reads = async () => {
      const [, calls] = /cmdstat_hgetall:calls=(\d+)/.exec(await server.redis.info('commandstats')) ?? [];
      return Number(calls ?? 0);
    };
    const job = createSinkJob(scene.context);
    const before = await reads();
    await job('of another country');
    expect((await reads()) - before).to.be.below(5);
    expect(await statusOf('of another country')).to.equal('ACTIVE');
    await come();
    await job('of another country');
    expect(scene.sink.taken()).to.deep.equal([]);
  });
});
