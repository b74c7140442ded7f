import { expect } from 'chai';
import { duration } from '../../../../component/commands/texts/duration.ts';

describe('component/commands/texts/duration', () => {
  for (const [seconds, en, zh] of [
    [1, '1 second', '1秒钟'],
    [119, '119 seconds', '119秒钟'],
    [121, '3 minutes', '3分钟'],
    [7_199, '120 minutes', '120分钟'],
    [20_713, '6 hours', '6小时'],
  ] as const)
    it(`says ${seconds} seconds for people`, () => {
      expect([duration('en', seconds), duration('zh', seconds)]).to.deep.equal([en, zh]);
    });
});
