import { expect } from 'chai';
import fastify, { type FastifyInstance } from 'fastify';
import { limitLongCalls, MOST_LONG_CALLS } from '../../../gateway/connection/long-calls.ts';
import { followLongCalls } from '../../../gateway/connection/under-way.ts';
import { eventually } from '../../support/eventually.ts';

describe('a call that takes long', () => {
  let app: FastifyInstance;
  let url: string;
  let begun = 0;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  before(async () => {
    app = fastify();
    followLongCalls(app);
    app.decorateRequest('caller', undefined);
    app.addHook('onRequest', async (request) => {
      request.caller = { kind: 'subscriber', id: 'alice', tokenId: undefined };
    });
    limitLongCalls(app);
    app.get('/', { config: { long: true } }, async () => {
      begun += 1;
      await finished;
      return 'done';
    });
    url = await app.listen({ port: 0, host: '127.0.0.1' });
  });
  after(async () => app?.close());

  it('is under way until what it asks for is done, though whoever sent it has left', async () => {
    const calls = Array.from({ length: MOST_LONG_CALLS }, () => {
      const gone = new AbortController();
      return { gone, answer: fetch(url, { signal: gone.signal }).catch(() => undefined) };
    });
    await eventually(() => expect(begun).to.equal(MOST_LONG_CALLS));
    expect((await fetch(url)).status).to.not.equal(200);
    for (const { gone, answer } of calls) {
      gone.abort();
      expect(await answer).to.equal(undefined);
    }
    const open = () => new Promise<number>((resolve) => app.server.getConnections((_, count) => resolve(count)));
    await eventually(async () => expect(await open()).to.be.below(MOST_LONG_CALLS));
    expect((await fetch(url)).status, 'one more').to.not.equal(200);
    finish();
    await eventually(async () => expect((await fetch(url)).status).to.equal(200));
    expect(begun).to.equal(MOST_LONG_CALLS + 1);
  });
});
