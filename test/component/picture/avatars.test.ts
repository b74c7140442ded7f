import { expect } from 'chai';
import { pino } from 'pino';
import type { Context } from '../../../component/context.ts';
import { createAvatars } from '../../../component/picture/avatars.ts';
import { xml } from '../../../component/stream/xml.ts';
import { heapHeld } from '../../support/garbage.ts';
import { useRedis } from '../../support/redis.ts';

describe('component/picture/avatars', () => {
  const server = useRedis();

  it('keeps of an announced avatar no more than a digest has, whatever is announced', async () => {
    const context = { stores: server.freshStores(), log: pino({ level: 'silent' }) } as unknown as Context;
    const avatars = createAvatars(context, 'op.example');
    const before = heapHeld();
    for (let i = 0; i < 200; i += 1) {
      const photo = xml('photo', {}, `${i}`.padEnd(100_000, 'a'));
      avatars.receive(
        xml('presence', { from: `somebody-${i}@op.example/phone` }, xml('x', { xmlns: 'vcard-temp:x:update' }, photo)),
      );
    }
    await avatars.stop();
    expect((heapHeld() - before) / 1_000, 'kB').to.be.below(5_000);
    avatars.forget();
  });
});
