import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { inRoom } from '../../../gateway/body/body-pace.ts';
import { createBodyRoom } from '../../../gateway/body/body-room.ts';

const NEVER = new Promise<never>(() => {});
const PACE = { patience: 50, bytesASecond: 1_000_000 };

async function* bodyOf(...parts: (string | Promise<unknown>)[]): AsyncGenerator<Buffer> {
  for (const part of parts)
    if (typeof part === 'string') yield Buffer.from(part);
    else await part;
}

async function read(chunks: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}

describe('a large body', () => {
  it('that stands still is given up', async () => {
    const err = await read(inRoom(bodyOf('a', NEVER), undefined, PACE)).catch((err: Error) => err);
    expect(err).to.include({ code: 'REQUEST_TIMEOUT' });
  });

  it('that trickles is given up, though something comes all the time', async () => {
    let bytes = 0;
    async function* trickle(): AsyncGenerator<Buffer> {
      for (; ; bytes += 1) {
        await sleep(10);
        yield Buffer.from('x');
      }
    }
    const err = await read(inRoom(trickle(), undefined, PACE)).catch((err: Error) => err);
    expect(err).to.include({ code: 'REQUEST_TIMEOUT' });
    expect(bytes, 'bytes that came').to.be.above(0);
  });

  it('may be read slowly: only the time counts in which its sender is waited for', async () => {
    let text = '';
    for await (const chunk of inRoom(bodyOf('a', 'b', 'c'), undefined, PACE)) {
      await sleep(2 * PACE.patience);
      text += chunk;
    }
    expect(text).to.equal('abc');
  });

  it('has all the time that it needs where each part of it is worked on as it comes', async () => {
    expect(await read(inRoom(bodyOf('a', sleep(2 * PACE.patience), 'b'), undefined))).to.equal('ab');
  });

  it('that stands still makes room for others at once', async () => {
    const room = createBodyRoom({ most: 300_000 });
    const large = room.enter('mallory', { announced: 0 });
    const reading = read(inRoom(bodyOf('x'.repeat(200_000), NEVER), large)).catch((err: Error) => err);
    await new Promise(setImmediate);
    room.enter('alice', { announced: 100_000 });
    expect(await reading).to.include({ code: 'UNAVAILABLE' });
  });
});
