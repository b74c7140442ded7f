import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import type { FastifyRequest } from 'fastify';
import { bytesOf } from '../../../gateway/body/body-stream.ts';

describe('gateway/body/body-stream', () => {
  it('reads no further what was sent by somebody who has hung up, however much of it has come', async () => {
    const raw = new IncomingMessage(new Socket());
    async function* unzipped(): AsyncGenerator<Buffer> {
      for (let n = 0; n < 100; n += 1) yield Buffer.alloc(64 * 1024);
    }
    const read: number[] = [];
    const reading = (async () => {
      for await (const { length } of bytesOf({ raw, holding: undefined } as FastifyRequest, unzipped())) {
        read.push(length);
        if (read.length === 3) raw.socket.destroy();
      }
    })();
    const err = await reading.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(err).to.have.property('code', 'CANCELLED');
    expect(read).to.have.length(3);
  });
});
