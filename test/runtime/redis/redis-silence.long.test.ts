import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { SILENCE } from '../../../runtime/redis/redis-options.ts';
import { useRedis } from '../../support/redis.ts';

describe('a process that stood still for longer than it gives Redis', () => {
  const server = useRedis();

  /** As if others had every core: nothing of this process runs. */
  function standStill(milliseconds: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  }

  it('reads the answers that came meanwhile, and keeps its connection', async () => {
    const before = await server.redis.clientId();
    const answer = server.redis.set('key', 'value');
    await nextTurn();
    standStill(1.5 * SILENCE);
    expect(await answer).to.equal('OK');
    expect(await server.redis.clientId()).to.equal(before);
  });
});
