import { expect } from 'chai';
import { elapsed } from '../../../runtime/elapsed.ts';
import type { Telling } from '../../../service/telling/tell.ts';
import { tellAll } from '../../../service/telling/tell-all.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';

const ID = 'a-subscription';

describe('telling of many side by side', () => {
  const server = useRedis();

  it('has ended with all of them before it throws what went wrong with one', async () => {
    const stores = server.freshStores();
    await stores.sinkWork.ask(ID, ['fails', 'takes long'], Date.now());
    const looked: string[] = [];
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const look = async (id: string) => {
      looked.push(id);
      if (id === 'fails') throw new Error('of the store');
      await gate;
      return undefined;
    };
    const telling = {
      ...{ subscription: ID, kinds: [], fence: await stores.sinkWork.begin(ID), look },
      ...{ post: async () => 'taken', mayTell: () => true, isStillSo: async () => true, overtaken: async () => {} },
    } as unknown as Telling;
    const context = { stores, now: Date.now, elapsed, stopped: new AbortController().signal };
    let trouble: unknown;
    const run = tellAll(context, telling, false, 8).catch((error: unknown) => {
      trouble = error;
    });
    await eventually(() => expect(looked).to.have.members(['fails', 'takes long']));
    await server.redis.ping();
    expect(trouble).to.equal(undefined);
    goOn();
    await run;
    expect(trouble).to.be.an('error').with.property('message', 'of the store');
    expect(await stores.sinkWork.first(ID), 'of who failed').to.be.above(Date.now());
  });
});
