import { expect } from 'chai';
import type { Stack } from '../../../local/stack/stack.ts';
import { createApi } from '../../support/api.ts';
import { startTestStack } from '../../support/stack.ts';

describe('a number that has to be guessed', () => {
  let stack: Stack | undefined;

  afterEach(async () => stack?.stop());

  for (const [setting, friends] of [
    ['use', 1],
    ['ignore', 0],
  ] as const)
    it(`is ${setting}d when EARSHOT_GUESSED_NUMBERS is ${setting}`, async () => {
      stack = await startTestStack({ env: { EARSHOT_GUESSED_NUMBERS: setting } });
      const api = createApi(stack);
      const alice = await api.join('+8613800138000');
      const bob = await api.join('+4915146788794');
      await api.putBook(bob, [{ name: 'Alice', phoneNumbers: ['+86 138 0013 8000'] }]);
      const { body } = await api.putBook(alice, [
        { name: 'Bob without his plus', phoneNumbers: ['4915146788794'] },
        { name: 'Carol', phoneNumbers: ['13900139000', '4915146788795'] },
      ]);
      expect(body.contacts).to.equal(1 + friends);
      expect((body.rejected as unknown as unknown[]).length).to.equal(2 - 2 * friends);
      await api.settled(alice, bob);
      expect(await api.friends(alice)).to.have.length(friends);
    });
});
