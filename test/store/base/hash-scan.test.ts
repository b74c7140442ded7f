import { expect } from 'chai';
import { fieldsFrom, SCAN_START } from '../../../store/base/hash-scan.ts';
import { useRedis } from '../../support/redis.ts';

const FIELDS = Array.from({ length: 3_000 }, (_, i) => `field ${i}`);

describe('a hash that is read a page at a time', () => {
  const servers = [useRedis(), useRedis()] as const;

  /** From that place to the end, on that server. */
  async function rest(server: (typeof servers)[number], from: string): Promise<string[]> {
    const all: string[] = [];
    for (let place: string | undefined = from; place !== undefined; ) {
      const page: Awaited<ReturnType<typeof fieldsFrom>> = await fieldsFrom(server.redis, 'a hash', place);
      all.push(...page.fields);
      place = page.next;
    }
    return all;
  }

  beforeEach(async () => {
    for (const { redis } of servers)
      await redis.hSet(
        'a hash',
        FIELDS.flatMap((field) => [field, 'value']),
      );
  });

  it('is read whole, also by who goes on where another has stopped', async () => {
    const [server] = servers;
    const { fields, next } = await fieldsFrom(server.redis, 'a hash', SCAN_START);
    expect(fields.length).to.be.within(1, FIELDS.length - 1);
    expect([...fields, ...(await rest(server, next ?? ''))]).to.include.members(FIELDS);
  });

  it('is read from its beginning on another server, which keeps it in another order', async () => {
    const [server, another] = servers;
    const { next } = await fieldsFrom(server.redis, 'a hash', SCAN_START);
    expect(await rest(another, next ?? '')).to.include.members(FIELDS);
  });
});
