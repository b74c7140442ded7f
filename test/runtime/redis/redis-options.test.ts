import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { pino } from 'pino';
import { connectRedis } from '../../../runtime/redis/redis.ts';
import { useRedis } from '../../support/redis.ts';

const OPENED = 'net.client.socket';

describe('runtime/redis/redis-options', () => {
  const server = useRedis();

  it('sends what a thousand calls ask in one turn of the event loop, so that nothing waits for many', async () => {
    const sockets: Socket[] = [];
    const note = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
    subscribe(OPENED, note);
    const redis = await connectRedis(server.place, 'fail-fast', pino({ level: 'silent' }));
    unsubscribe(OPENED, note);
    const [socket] = sockets as [Socket];
    const before = socket.bytesWritten;
    const value = 'x'.repeat(900);
    const asked = Array.from({ length: 1_000 }, (_, i) => redis.set(`asked ${i}`, value));
    // The library writes in the next turn, behind what was there before.
    await nextTurn();
    await nextTurn();
    const sent = socket.bytesWritten - before;
    await Promise.all(asked);
    redis.destroy();
    expect(sent).to.be.above(asked.length * value.length);
  });
});
