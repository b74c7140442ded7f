import { expect } from 'chai';
import { budgetRetryAfter } from '../../../domain/book/number-budget.ts';

describe('domain/book/number-budget', () => {
  it('says after how many whole seconds numbers can be paid for, one at least and a day at most', () => {
    const budget = { first: 5_000, daily: 100 };
    expect(budgetRetryAfter(1, 0, budget)).to.equal(864);
    expect(budgetRetryAfter(1, 0.5, budget)).to.equal(432);
    expect(budgetRetryAfter(1, 3, budget)).to.equal(1);
    expect(budgetRetryAfter(2, 1.9999, budget)).to.equal(1);
    expect(budgetRetryAfter(15_000, 0, budget)).to.equal(86_400);
  });
});
