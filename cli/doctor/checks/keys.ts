import { lookAtAgreement } from '../../../store/agreement.ts';
import { type Check, fault, ok } from '../finding.ts';

/** Whether both keys are those of the data, and the data of a version that this one can read. */
export const keys: Check = {
  name: 'keys',
  async look({ common, needs, opened }) {
    needs('EARSHOT_NUMBER_KEY', 'EARSHOT_NUMBER_KEY_PREVIOUS', 'EARSHOT_SECRETS_KEY');
    const { redis, stores } = await opened();
    const { noted, differs } = await lookAtAgreement(redis, stores.keys, common);
    if (!noted) return ok('there are no data yet: the first process notes what its keys are called');
    return differs === undefined
      ? ok('both keys are those of the data, and these of a version that can be read')
      : fault(differs);
  },
};
