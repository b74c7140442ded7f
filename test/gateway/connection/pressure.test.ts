import { expect } from 'chai';
import fastify, { type FastifyInstance } from 'fastify';
import type { Line } from '../../../gateway/connection/line.ts';
import { rankOf, refuseOverload } from '../../../gateway/connection/load.ts';
import { createPressure, FEW, MOST_UNDER_WAY, type Rank } from '../../../gateway/connection/pressure.ts';
import { followLongCalls } from '../../../gateway/connection/under-way.ts';
import { answerProblems } from '../../../gateway/http/problem.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { eventually } from '../../support/eventually.ts';

const NOBODY: Line = { length: () => 0, wait: () => 0 };
const RANKS: Rank[] = ['import', 'book', 'call', 'dear', 'probe'];

describe('a gateway that has more to do than it can', () => {
  let time = 0;
  /** Milliseconds by which a question is answered late. */
  let late = 0;
  let asked = 0;

  function create(line = NOBODY) {
    asked = 0;
    const ask = async () => {
      asked += 1;
      time += 100 + late;
    };
    return createPressure(line, ask, () => time);
  }

  const enter = (pressure: ReturnType<typeof create>, count: number) => {
    for (let i = 0; i < count; i += 1) pressure.enter();
  };
  const takenIn = (pressure: ReturnType<typeof create>) =>
    RANKS.filter((rank) => {
      try {
        pressure.require(rank);
        return true;
      } catch {
        return false;
      }
    });

  it('refuses imports first, then books, then all but probes and what withdraws consent', async () => {
    const pressure = create();
    enter(pressure, FEW);
    for (const [delay, ranks] of [
      [99, RANKS],
      [100, RANKS.slice(1)],
      [175, RANKS.slice(2)],
      [250, RANKS.slice(3)],
      [0, RANKS],
    ] as const) {
      late = delay;
      await eventually(async () => expect(takenIn(pressure), `late by ${delay}`).to.deep.equal(ranks));
    }
    for (let i = 0; i < FEW; i += 1) pressure.leave();
  });

  it('counts those who stand in line as well, and goes by how long they do', async () => {
    late = 0;
    let [length, wait] = [FEW - 2, 10_000];
    const pressure = create({ length: () => length, wait: () => wait });
    pressure.enter();
    expect([takenIn(pressure), asked]).to.deep.equal([RANKS, 0]);
    length += 1;
    pressure.enter();
    expect(takenIn(pressure)).to.deep.equal(['dear', 'probe']);
    wait = 100;
    expect(takenIn(pressure)).to.deep.equal(RANKS.slice(1));
    [length, wait] = [0, 0];
    await eventually(async () => expect([takenIn(pressure), asked > 0]).to.deep.equal([RANKS, true]));
    pressure.leave();
    pressure.leave();
  });

  it('asks nothing and refuses nothing while few calls are under way', async () => {
    late = 10_000;
    const pressure = create();
    enter(pressure, FEW - 1);
    expect([takenIn(pressure), asked]).to.deep.equal([RANKS, 0]);
    pressure.enter();
    await eventually(async () => expect(takenIn(pressure)).to.deep.equal(RANKS.slice(3)));
    for (let i = 0; i < FEW; i += 1) pressure.leave();
    await eventually(async () => expect(takenIn(pressure)).to.deep.equal(RANKS));
  });

  it('takes calls between two waves of a crowd, and begins nothing that takes longer until it is over', async () => {
    late = 300;
    const pressure = create();
    for (let wave = 0; wave < 5; wave += 1) {
      enter(pressure, FEW);
      await eventually(async () => expect(takenIn(pressure)).to.deep.equal(['dear', 'probe']));
      for (let i = 0; i < FEW; i += 1) pressure.leave();
      expect(takenIn(pressure)).to.deep.equal(['call', 'dear', 'probe']);
    }
    await eventually(async () => expect(takenIn(pressure)).to.deep.equal(RANKS));
  });

  it('has a thousand calls under way at the most, says when to come back, and is told of those that ended', async () => {
    late = 0;
    const pressure = create();
    enter(pressure, MOST_UNDER_WAY);
    expect(takenIn(pressure)).to.deep.equal(['dear', 'probe']);
    expect(() => pressure.require('call'))
      .to.throw('more to do than it can')
      .that.has.property('retryAfter')
      .that.is.within(1, 3);
    enter(pressure, MOST_UNDER_WAY);
    expect(takenIn(pressure)).to.deep.equal(['probe']);
    for (let i = 0; i <= MOST_UNDER_WAY; i += 1) pressure.leave();
    expect(takenIn(pressure)).to.deep.equal(RANKS);
    for (let i = 1; i < MOST_UNDER_WAY; i += 1) pressure.leave();
  });

  it('knows the rank of a route by what its calls may bring', () => {
    expect(rankOf({ config: {} as never })).to.equal('call');
    expect(rankOf({ config: {} as never, bodyLimit: 1024 })).to.equal('call');
    expect(rankOf({ config: {} as never, bodyLimit: 1024 * 1024 })).to.equal('book');
    expect(rankOf({ config: { long: true } as never })).to.equal('book');
    expect(rankOf({ config: { unlimited: true } as never })).to.equal('probe');
    expect(rankOf({ config: { withdraws: true } as never, bodyLimit: 1024 * 1024 })).to.equal('dear');
    expect(rankOf({ config: { access: { scope: 'metrics:read' } } as never })).to.equal('dear');
    expect(rankOf({ config: { rank: 'import', long: true } as never })).to.equal('import');
  });

  describe('over HTTP', () => {
    let app: FastifyInstance;
    let finish: () => void = () => {};
    const metrics = createMetrics('gateway');

    before(async () => {
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      app = fastify();
      answerProblems(app);
      followLongCalls(app);
      refuseOverload(app, NOBODY, async () => {}, metrics);
      app.get('/', async () => 'done');
      app.get('/slow', async () => {
        await finished;
        return 'done';
      });
      app.get('/stays', { config: { stays: true } }, async () => {
        await finished;
        return 'done';
      });
      app.get('/probe', { config: { unlimited: true } }, async () => 'alive');
    });

    after(async () => app?.close());

    it('answers 503 with Retry-After, and the probes, until others are through', async () => {
      const get = (url: string) => app.inject({ method: 'GET', url });
      // More than there are places, one after the other; and those that stay take none.
      for (let i = 0; i <= MOST_UNDER_WAY; i += 1) expect((await get('/')).statusCode).to.equal(200);
      const begun = Array.from({ length: MOST_UNDER_WAY }, (_, i) =>
        Promise.all([get('/slow'), i < 9 && get('/stays')]),
      );
      await eventually(async () => expect((await get('/')).statusCode).to.equal(503));
      const { headers, body } = await get('/');
      expect(Number(headers['retry-after'])).to.be.within(1, 3);
      expect(JSON.parse(body)).to.include({ status: 503, code: 'UNAVAILABLE' });
      expect((await get('/stays')).statusCode).to.equal(503);
      expect((await get('/probe')).statusCode).to.equal(200);
      finish();
      for (const [slow, stays] of await Promise.all(begun))
        expect([slow.statusCode, stays === false || stays.statusCode]).to.deep.equal([200, stays === false || 200]);
      await eventually(async () => expect((await get('/')).statusCode).to.equal(200));
      const { values } = await metrics.overLimit.get();
      expect(values.find(({ labels }) => labels.limit === 'load')?.value).to.be.at.least(3);
    });
  });
});
