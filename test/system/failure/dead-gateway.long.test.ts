import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createClient } from 'redis';
import { UNDER_WAY } from '../../../store/call/idempotency.ts';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { whileHanging } from '../../support/hanging.ts';
import { startTestStack } from '../../support/stack.ts';

const WANTED = { phoneNumber: '+8613800138000', displayName: 'Alice' };
const ORDER = { 'idempotency-key': 'order-4711' };

describe('kill -9 of a gateway that waits for an account', () => {
  it('keeps the number, and the Idempotency-Key, from nobody who sends the same again', async () => {
    const stack = await startTestStack({ server: 'prosody' });
    const redis = await createClient({ url: stack.redis().url }).connect();
    try {
      const api = createApi(stack);
      await whileHanging(stack.process('component'), async () => {
        const cut = api.call('POST', '/v1/subscribers', WANTED, ORDER).catch(() => 'no answer');
        const requests = () => redis.keys('*:account');
        await eventually(async () =>
          expect((await requests()).filter((key) => !key.endsWith(':due:account'))).to.have.length(1),
        );
        await stack.kill('gateway');
        expect(await cut).to.equal('no answer');
        const [claim = ''] = await redis.keys('*:idempotency:*');
        expect(await redis.pTTL(claim)).to.be.at.most(UNDER_WAY);
        await stack.restart('gateway');
      });
      await stack.untilReady();
      await eventually(async () => {
        const { status, body } = await api.call('POST', '/v1/subscribers', WANTED);
        expect(status, `the dead gateway's number is free within seconds: ${JSON.stringify(body)}`).to.equal(201);
      });
      await eventually(async () => {
        const again = await api.call('POST', '/v1/subscribers', WANTED, ORDER);
        expect(again.body, 'the key is free, the number is not').to.include({ code: 'ALREADY_EXISTS' });
      });
      await eventually(async () => {
        const accounts = await readdir(join(stack.dataDir, 'prosody/data/op%2eexample/accounts'));
        const users = accounts.filter((name) => !name.startsWith('earshot%2dstamp%2d'));
        expect(users, 'no account is left that nothing names').to.have.length(1);
      });
    } finally {
      redis.destroy();
      await stack.stop();
    }
  });
});
