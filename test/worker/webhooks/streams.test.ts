import { expect } from 'chai';
import { EVENT_KINDS, scopeOf } from '../../../domain/subscription/event-types.ts';
import { createDoubting } from '../../../service/telling/doubting.ts';
import { createLook } from '../../../service/telling/look.ts';
import { type BegunStream, beginStream, type WantedStream } from '../../../service/telling/streams.ts';
import { isStream } from '../../../store/subscription/subscription-record.ts';
import { createSinkJob } from '../../../worker/webhooks/sink-job.ts';
import { useSinkScene } from '../../support/servers/sink-scene.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

describe('what the worker does for event streams', () => {
  const scene = useSinkScene();

  async function begin(more: Partial<WantedStream> = {}): Promise<BegunStream> {
    const wanted = { owner: 'operator', kinds: EVENT_KINDS, initial: false, bookmark: undefined, ...more };
    const begun = await beginStream(scene.context, wanted);
    if (!begun) throw new Error('There are too many.');
    return begun;
  }

  /** As by the gateway that has looked at everybody. */
  const hasBegun = (id: string) => scene.stores.subscriptions.change(id, (one) => ({ ...one, status: 'ACTIVE' }));
  const job = (id: string) => createSinkJob(scene.context)(id);
  /** Every key that belongs to a subscription of that id. */
  const keysOf = async (id: string) => {
    const watching = await scene.server.redis.sMembers(scene.stores.keys.watchers(0));
    return [...(await scene.server.redis.keys(`*{sink-${id}}*`)), ...watching.filter((one) => one === id)];
  };

  const dueAt = (id: string) => scene.stores.due.at('sink', id);
  /** Nothing of it is there, and nobody looks for it. */
  async function untilCleared(id: string): Promise<void> {
    for (let i = 0; i < 3 && (await job(id)) !== undefined; i += 1) expect(await dueAt(id)).to.be.a('number');
    expect(await keysOf(id)).to.deep.equal([]);
    expect(await dueAt(id)).to.equal(undefined);
  }

  async function newOwner(): Promise<string> {
    const scopes = [...new Set(EVENT_KINDS.map(scopeOf))];
    const made = await scene.stores.credentials.create({ name: 'carrier', scopes, ranges: ['+86138'] }, scene.time);
    return (made as { credential: { id: string } }).credential.id;
  }

  it('passes on to it who changes, and posts nothing', async () => {
    const { id } = (await begin()).stream;
    const one = await scene.come();
    expect(await job(id)).to.be.above(scene.time);
    expect((await scene.stores.sinkWork.take(id, scene.time, 9)).map((taken) => taken.id)).to.deep.equal([one]);
    expect(scene.sink.events).to.deep.equal([]);
  });

  it('leaves nothing of one in whose place another has begun', async () => {
    const first = (await begin()).stream;
    await scene.come();
    const second = (await begin()).stream;
    expect(second.id).to.not.equal(first.id);
    await job(first.id);
    await job(second.id);
    expect(await keysOf(first.id)).to.deep.equal([]);
    expect(await keysOf(second.id)).to.include(second.id);
    expect((await scene.stores.subscriptions.list()).filter(isStream).map(({ id }) => id)).to.deep.equal([second.id]);
  });

  it('forgets one after ten minutes that nobody let begin, and goes on with it for whoever is there', async () => {
    const { stream, fence } = await begin();
    scene.time += 6 * MINUTE;
    await scene.stores.sinkWork.see(stream.id, fence, scene.time);
    scene.time += 6 * MINUTE;
    expect(await job(stream.id)).to.be.above(scene.time);
    await scene.come();
    scene.time += 6 * MINUTE;
    await job(stream.id);
    expect(await keysOf(stream.id)).to.deep.equal([]);
    expect(await scene.stores.subscriptions.get(stream.id)).to.equal(undefined);
  });

  it('keeps one for a month in which nobody is connected, and no longer', async () => {
    const { id } = (await begin()).stream;
    await hasBegun(id);
    scene.time += 29 * DAY;
    expect(await job(id)).to.be.above(scene.time);
    const { stream, fence } = await begin({ bookmark: { stream: id, position: 0 } });
    expect(stream.id, 'it is the same').to.equal(id);
    await scene.stores.sinkWork.see(id, fence, scene.time);
    scene.time += 29 * DAY;
    expect(await job(id)).to.be.above(scene.time);
    scene.time += DAY;
    await untilCleared(id);
    expect(await scene.stores.subscriptions.streamOf('operator')).to.equal(undefined);
  });

  it('forgets one whose credential is revoked', async () => {
    const owner = await newOwner();
    const { id } = (await begin({ owner })).stream;
    await scene.come();
    await scene.stores.credentials.revoke(owner, scene.time);
    await untilCleared(id);
    expect(await scene.stores.subscriptions.get(id)).to.equal(undefined);
  });

  it('clears away also what is noted for one that is gone by who had read its record before', async () => {
    const { id } = (await begin()).stream;
    await begin();
    expect(await job(id)).to.be.above(scene.time);
    await scene.stores.sinkWork.ask(id, ['somebody'], scene.time);
    await untilCleared(id);
  });

  it('clears away what is left of one that is taken up while another begins in its place', async () => {
    const { stream } = await begin();
    await begin();
    await job(stream.id);
    await untilCleared(stream.id);
    const { streamOf } = scene.stores.subscriptions;
    scene.stores.subscriptions.streamOf = async () => stream;
    await begin({ bookmark: { stream: stream.id, position: 0 } });
    scene.stores.subscriptions.streamOf = streamOf;
    expect(await keysOf(stream.id)).to.not.deep.equal([]);
    expect(await dueAt(stream.id)).to.be.a('number');
    await job(stream.id);
    await untilCleared(stream.id);
  });

  it('tells again of whom something may not have arrived, who plays nothing, or is gone, before who has changed, and behind what was withdrawn since', async () => {
    const begun = await begin();
    const { id } = begun.stream;
    await hasBegun(id);
    const [silent, plays, gone] = [await scene.come(), await scene.come(), await scene.come()];
    const [stops, changes] = [await scene.come(), await scene.come()];
    for (const one of [plays, stops]) await scene.play(one);
    await scene.stores.subscribers.leave(gone, scene.time);
    await scene.watch();
    await scene.stores.sinkWork.drop(id);
    const look = createLook(scene.stores, scene.context.keyedHash, { ranges: [] });
    const doubt = createDoubting(scene.context, { subscription: begun.stream, fence: begun.fence }, look);
    expect(await doubt([plays, silent, gone], { known: true, silent: 'due' })).to.equal(true);
    scene.time += 1;
    await scene.play(changes);
    await scene.stop(stops);
    const next = async (most: number) => (await scene.stores.sinkWork.take(id, scene.time, most)).map((one) => one.id);
    expect(await next(1)).to.deep.equal([stops]);
    expect(await next(3)).to.have.members([silent, gone, plays]);
    expect(await next(9)).to.deep.equal([changes]);
  });

  it('looks after one whose record was not there yet when it was looked for', async () => {
    const { openStream } = scene.stores.subscriptions;
    scene.stores.subscriptions.openStream = async (stream) => {
      await untilCleared(stream.id);
      return openStream(stream);
    };
    const { id } = (await begin()).stream;
    scene.stores.subscriptions.openStream = openStream;
    expect(await dueAt(id)).to.be.a('number');
    expect(await job(id)).to.be.above(scene.time);
    expect(await keysOf(id)).to.include(id);
  });

  it('takes nothing from one that begins in the moment in which it is looked for', async () => {
    const owner = await newOwner();
    const { id } = (await begin({ owner })).stream;
    const { get } = scene.stores.subscriptions;
    let asked = 0;
    scene.stores.subscriptions.get = async (one) => (asked++ === 0 ? undefined : get(one));
    await job(id);
    scene.stores.subscriptions.get = get;
    expect(await keysOf(id)).to.include(id);
  });
});
