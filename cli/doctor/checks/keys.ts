import { type KeyChange, lookAtAgreement } from '../../../store/agreement.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';
import { type Held, heldOtherwise } from '../former-key.ts';

const RIGHT = 'both keys are those of the data, and these of a version that can be read';

/** Whether both keys are those of the data, the data of a version that this one can read, and what a change of the number key would cost now. */
export const keys: Check = {
  name: 'keys',
  async look({ common, needs, opened }) {
    needs('EARSHOT_NUMBER_KEY', 'EARSHOT_NUMBER_KEY_PREVIOUS', 'EARSHOT_SECRETS_KEY');
    const { redis, stores } = await opened();
    const { noted, differs, change } = await lookAtAgreement(redis, stores.keys, common);
    if (!noted) return ok('there are no data yet: the first process notes what its keys are called');
    if (differs !== undefined && change !== 'overtaken') return fault(differs);
    if (change === undefined) return ok(RIGHT);
    if (change === 'begins') return ok(`${RIGHT}; a change of the number key begins with the next start`);
    // The one to which books are uploaded anew.
    const counts = change === 'overtaken' ? (common.numberKeyPrevious ?? common.numberKey) : common.numberKey;
    return tell(change, differs, await heldOtherwise(stores, counts));
  },
};

function tell(change: Exclude<KeyChange, 'begins'>, differs: string | undefined, held: Held): Finding {
  const { subscribers, otherwise } = held;
  const left = `${otherwise} of the ${held.held} friends whom the books of ${subscribers} subscribers hold are there by the former number key alone`;
  if (change === 'overtaken') return fault(`${differs} Now ${left}`);
  if (change === 'goes on') return ok(`${RIGHT}; while the number key is changed, ${left}`);
  if (otherwise === 0)
    return ok(`${RIGHT}; with the next start the former number key counts no more, and nobody is known by it alone`);
  return warning(
    `with the next start the former number key counts no more, and ${left}: these friendships end, until the books are uploaded anew. Give EARSHOT_NUMBER_KEY_PREVIOUS until they are`,
  );
}
