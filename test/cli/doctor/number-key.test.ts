import { expect } from 'chai';
import { pino } from 'pino';
import { keys as check } from '../../../cli/doctor/checks/keys.ts';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { createPatient } from '../../../cli/doctor/patient.ts';
import { toWorkerConfig } from '../../../runtime/config/worker-config.ts';
import { createNumberKey, createNumberKeys } from '../../../runtime/secret/number-key.ts';
import { requireAgreement } from '../../../store/agreement.ts';
import type { Stores } from '../../../store/stores.ts';
import { hashNumbers } from '../../../store/subscriber/subscriber-record.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const [FIRST, SECOND, THIRD] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [string, string, string];
const NUMBERS = ['+8613800138000', '+8613800138001', '+8613800138002'] as const;
const NOW = 1_800_000_000_000;

describe('earshot doctor, of a number key that is changed', () => {
  const server = useRedis();
  let stores: Stores;

  /** What a process with these keys has for settings. */
  const settings = (numberKey: string, previous = '') => ({
    EARSHOT_HOME_HOST: 'op.example',
    EARSHOT_REDIS_URL: server.url,
    EARSHOT_REDIS_PREFIX: stores.keys.reconciliation.split(':')[0] ?? '',
    EARSHOT_NUMBER_KEY: numberKey,
    EARSHOT_NUMBER_KEY_PREVIOUS: previous,
    EARSHOT_SECRETS_KEY: FIRST,
  });

  const start = (...keys: [string, string?]) =>
    requireAgreement(server.redis, stores.keys, toWorkerConfig(settings(...keys)), pino({ level: 'silent' }));

  async function look(...keys: [string, string?]): Promise<Finding> {
    const patient = createPatient(settings(...keys), ['worker']);
    try {
      return (await check.look(patient)) as Finding;
    } finally {
      await patient.close();
    }
  }

  /** Each book holds the two others, by numbers under this key. */
  async function hold(owners: readonly number[], key: string): Promise<void> {
    const numberKeyOf = createNumberKey(Buffer.from(key, 'hex'));
    for (const owner of owners) {
      const set = NUMBERS.flatMap((number, i) =>
        i === owner ? [] : [{ id: `${i}`, jid: `${i}@op.example`, name: '', groups: [], held: numberKeyOf(number) }],
      );
      await stores.friends.write(`${owner}`, { set, unset: [], dirty: [], bar: [], unbar: [] }, NOW);
    }
  }

  beforeEach(async () => {
    stores = server.freshStores();
    const keys = createNumberKeys(Buffer.from(FIRST, 'hex'));
    for (const [i, number] of NUMBERS.entries())
      await addSubscriber(
        stores,
        { id: `${i}`, ...hashNumbers([number], keys), jid: `${i}@op.example`, displayName: '' },
        NOW,
      );
    await hold([0, 1, 2], FIRST);
    await start(FIRST);
  });

  it('warns of friendships that end with the former key, and says how many, until the books are uploaded anew', async () => {
    expect(await look(FIRST)).to.include({ level: 'ok' });
    const begins = await look(SECOND, FIRST);
    expect(begins).to.include({ level: 'ok' });
    expect(begins.what).to.contain('a change of the number key begins');
    await start(SECOND, FIRST);
    await hold([0], SECOND);
    const goesOn = await look(SECOND, FIRST);
    expect(goesOn).to.include({ level: 'ok' });
    const left = '4 of the 6 friends whom the books of 3 subscribers hold are there by the former number key alone';
    expect(goesOn.what).to.contain(left);
    const ends = await look(SECOND);
    expect(ends).to.include({ level: 'warning' });
    expect(ends.what).to.contain(left).and.contain('these friendships end');
    await hold([1, 2], SECOND);
    expect(await look(SECOND)).to.include({ level: 'ok' });
  });

  it('does not let a third key take the place of the first, and says what that would end', async () => {
    await start(SECOND, FIRST);
    await hold([0], SECOND);
    const { level, what } = await look(THIRD, SECOND);
    expect(level).to.equal('fault');
    expect(what).to.contain('is a third key').and.contain('4 of the 6 friends');
    for (const number of NUMBERS) expect(what).to.not.contain(number);
    await start(SECOND);
    expect(await look(THIRD, SECOND)).to.include({ level: 'ok' });
  });
});
