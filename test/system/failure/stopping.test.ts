import { expect } from 'chai';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { useStack } from '../../support/stack.ts';

const MOST = 30;

describe('a gateway that is stopped', () => {
  const stack = useStack({ env: { EARSHOT_DRAIN_SECONDS: '4' } });
  const api = createApi(stack);

  it('says so first, and answers everything that it has begun: no account is made whose password is lost', async () => {
    const begun = Array.from({ length: MOST }, (_, i) =>
      api.call('POST', '/v1/subscribers', { phoneNumber: `+8613800138${100 + i}` }),
    );
    const ended = stack.process('gateway').stop();
    await eventually(async () => {
      const { status, body } = await api.call('GET', '/readyz');
      expect([status, body.missing]).to.deep.equal([503, ['this gateway: it is stopping']]);
    });
    const answers = await Promise.all(begun);
    await ended;
    for (const { status, body } of answers) {
      expect(status).to.equal(201);
      expect(body).to.have.property('password');
    }
  });
});
