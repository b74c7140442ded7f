import { expect } from 'chai';
import { toWorkerConfig } from '../../runtime/config/worker-config.ts';
import type { Log } from '../../runtime/log.ts';
import { requireAgreement } from '../../store/agreement.ts';
import { createKeys } from '../../store/base/keys.ts';
import { openStores } from '../../store/open.ts';
import { useRedis } from '../support/redis.ts';

const [OLD, NEW, NEWER] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [string, string, string];

describe('store/agreement', () => {
  const server = useRedis();
  let prefix = 0;

  beforeEach(() => {
    prefix += 1;
  });

  let warned: string[] = [];
  /** Of connections that end it is told, too, with their errors. */
  const warn = (what: unknown) => typeof what === 'string' && warned.push(what);
  const log = { info() {}, error() {}, warn } as unknown as Log;

  /** Starts as a process with these keys does, and says why it cannot. */
  async function start(numberKey: string, previous?: string, secretsKey = OLD): Promise<string> {
    warned = [];
    const config = toWorkerConfig({
      EARSHOT_REDIS_URL: server.url,
      EARSHOT_REDIS_PREFIX: `agreement-${prefix}`,
      EARSHOT_NUMBER_KEY: numberKey,
      EARSHOT_NUMBER_KEY_PREVIOUS: previous,
      EARSHOT_SECRETS_KEY: secretsKey,
    });
    try {
      await (await openStores(config, 'wait', log)).close();
      return 'started';
    } catch (err) {
      return (err as Error).message;
    }
  }

  it('lets nobody in with another key than the first had, and says which, and where it is noted', async () => {
    expect(await start(OLD)).to.equal('started');
    expect(await start(OLD)).to.equal('started');
    expect(await start(NEW))
      .to.contain('EARSHOT_NUMBER_KEY is not')
      .and.contain(`del agreement-${prefix}:agreement`);
    expect(await start(OLD, undefined, NEW)).to.contain('EARSHOT_SECRETS_KEY is not');
    expect(await start(NEWER, NEW)).to.contain('EARSHOT_NUMBER_KEY is not');
    expect(await start(OLD)).to.equal('started');
  });

  it('follows a change of the number key, one process after the other, and the next one', async () => {
    expect(await start(OLD)).to.equal('started');
    expect(await start(NEW, OLD)).to.equal('started');
    expect(await start(OLD), 'not yet restarted').to.equal('started');
    expect(await start(NEW)).to.equal('started');
    expect(await start(NEW, OLD), 'not yet restarted').to.equal('started');
    expect(await start(OLD), 'of before the change').to.contain('EARSHOT_NUMBER_KEY is not');
    expect(await start(NEWER, NEW)).to.equal('started');
    expect(await start(NEWER)).to.equal('started');
  });

  it('is said by the process that begins a change of the number key, turns it round, or ends it, and by no other', async () => {
    const warns = async (...keys: [string, string?]) => {
      expect(await start(...keys)).to.equal('started');
      return warned;
    };
    expect(await warns(OLD)).to.deep.equal([]);
    expect(await warns(NEW, OLD))
      .to.have.length(1)
      .and.property('0')
      .that.contains('until they are uploaded anew');
    expect(await warns(NEW, OLD)).to.deep.equal([]);
    expect(await warns(OLD, NEW), 'back').to.have.length(1);
    expect(await warns(NEW, OLD)).to.have.length(1);
    expect(await warns(OLD), 'not yet restarted').to.deep.equal([]);
    expect(await warns(NEW))
      .to.have.length(1)
      .and.property('0')
      .that.contains('counts no more');
    expect(await warns(NEW)).to.deep.equal([]);
  });

  it('does not begin a second change while one is under way, as that would give the first key up', async () => {
    expect(await start(OLD)).to.equal('started');
    expect(await start(NEW, OLD)).to.equal('started');
    expect(await start(NEWER, NEW))
      .to.contain('is a third key')
      .and.contain('without EARSHOT_NUMBER_KEY_PREVIOUS');
    expect(await start(NEWER, OLD)).to.contain('EARSHOT_NUMBER_KEY is not');
    expect(warned).to.deep.equal([]);
    expect(await start(OLD), 'of before the change').to.equal('started');
    expect(await start(NEW, OLD)).to.equal('started');
    expect(await start(NEW)).to.equal('started');
    expect(await start(NEWER, NEW)).to.equal('started');
  });

  it('says when the clock is not that of Redis', async () => {
    const said: string[] = [];
    const heard = { error: (_: unknown, text: string) => said.push(text) } as unknown as Log;
    const config = toWorkerConfig({ EARSHOT_NUMBER_KEY: OLD, EARSHOT_SECRETS_KEY: OLD });
    const keys = createKeys(`agreement-${prefix}`);
    for (const seconds of [0, -60, 60])
      await requireAgreement(server.redis, keys, config, heard, () => Date.now() + seconds * 1_000);
    expect(said.map((text) => /is \d\d s (?:behind|ahead of)/.exec(text)?.[0])).to.deep.equal([
      'is 60 s behind',
      'is 60 s ahead of',
    ]);
  });

  it('leaves data alone that a later version has written', async () => {
    expect(await start(OLD)).to.equal('started');
    await server.redis.hSet(`agreement-${prefix}:agreement`, 'data', '2');
    expect(await start(OLD)).to.contain('A later Earshot has written the data');
  });
});
