import { expect } from 'chai';
import { pino } from 'pino';
import { freePort } from '../../local/ports.ts';
import { toSipConfig } from '../../runtime/config/sip-config.ts';
import type { Running } from '../../runtime/lifecycle.ts';
import { startSip } from '../../sip/sip.ts';
import { createStores, type Stores } from '../../store/stores.ts';
import { eventually } from '../support/eventually.ts';
import { useRedis } from '../support/redis.ts';
import { type ScriptedServer, startScriptedServer } from '../support/sip/scripted-server.ts';

const PREFIX = 'standby';
const NUMBER_KEY = '11'.repeat(32);

describe('two processes for a presence server', () => {
  const redis = useRedis();
  const running: Running[] = [];
  let stores: Stores;
  let server: ScriptedServer;

  before(async () => {
    stores = createStores(redis.redis, PREFIX, Buffer.from(NUMBER_KEY, 'hex'));
    // Its port is nobody's from here on, and none that the kernel gives away meanwhile.
    server = await startScriptedServer(() => undefined, await freePort());
    await server.stop();
  });

  after(async () => {
    for (const one of running) await one.stop();
    await server.stop();
  });

  async function start(): Promise<Running> {
    const config = toSipConfig({
      EARSHOT_REDIS_URL: redis.url,
      EARSHOT_REDIS_PREFIX: PREFIX,
      EARSHOT_NUMBER_KEY: NUMBER_KEY,
      EARSHOT_SECRETS_KEY: '22'.repeat(32),
      EARSHOT_SIP_SERVER: `tcp://127.0.0.1:${server.port}`,
      EARSHOT_SIP_DOMAIN: 'op.example',
    });
    const one = await startSip(config, pino({ level: 'silent' }));
    running.push(one);
    return one;
  }

  /** What each says of itself, whoever stands by first. */
  async function states(): Promise<[standby: boolean, ready: boolean][]> {
    const all = await stores.statuses.all();
    return all
      .map(({ standby = false, ready }): [boolean, boolean] => [standby, ready])
      .toSorted(([one], [other]) => Number(other) - Number(one));
  }

  it('are told apart: one that stands by has no trouble with a server that is away', async () => {
    const first = await start();
    await eventually(async () => expect(await states()).to.deep.equal([[false, false]]));
    await start();
    await eventually(async () =>
      expect(await states()).to.deep.equal([
        [true, true],
        [false, false],
      ]),
    );
    await first.stop();
    running.shift();
    await eventually(async () => expect(await states(), 'it takes over').to.deep.equal([[false, false]]));
  });

  it('has it reached by the one that takes over, and no trouble where that works', async () => {
    server = await startScriptedServer(() => undefined, server.port);
    const [first] = running;
    await start();
    await eventually(async () => expect((await states()).map(([standby]) => standby)).to.deep.equal([true, false]));
    await first?.stop();
    running.shift();
    await eventually(async () => expect(await states()).to.deep.equal([[false, true]]));
    expect(server.opened()).to.be.above(0);
  });
});
