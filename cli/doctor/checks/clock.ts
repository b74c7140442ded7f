import { lookAtAgreement } from '../../../store/agreement.ts';
import { type Check, fault, ok } from '../finding.ts';

/** Whether this machine and Redis agree what time it is. `now`: as Date.now. */
export function createClockCheck(now: () => number): Check {
  return {
    name: 'clock',
    async look({ common, opened }) {
      const { redis, stores } = await opened();
      const { clock } = await lookAtAgreement(redis, stores.keys, common, now);
      return clock === undefined ? ok('the clock of this machine is that of Redis, to five seconds') : fault(clock);
    },
  };
}

export const clock = createClockCheck(Date.now);
