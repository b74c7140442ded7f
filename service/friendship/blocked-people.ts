import { Fault } from '../../domain/fault.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { openBlocked, sealBlocked, toBlockedNumber } from '../../store/friendship/blocked-number.ts';
import type { Blocked } from '../../store/friendship/privacy.ts';
import type { ServiceContext } from '../context.ts';
import { toE164 } from '../subscriber/subscriber-fields.ts';

/** Somebody whom a subscriber blocks, as the subscriber knows it. */
export type BlockedPerson = { subscriberId: string } | { phoneNumber: string };

/** Blocked people as they are kept. @throws Fault INVALID_ARGUMENT */
export async function toBlocked(
  { config, numberKeys }: Pick<ServiceContext, 'config' | 'numberKeys'>,
  id: string,
  people: readonly BlockedPerson[],
): Promise<Blocked[]> {
  const blocked: Blocked[] = [];
  await eachInTurns(people, (one) => {
    if ('subscriberId' in one) return void blocked.push(one);
    const phoneNumber = toE164(one.phoneNumber);
    blocked.push(...toBlockedNumber(numberKeys, phoneNumber, sealBlocked(config.secretsKey, id, phoneNumber)));
  });
  return blocked;
}

/** Whom `id` blocks, for nobody but `id` to see. @throws Fault UNAVAILABLE when the key is another than they were kept under */
export async function blockedPeople(
  secretsKey: Buffer,
  id: string,
  blocked: readonly Blocked[],
): Promise<BlockedPerson[]> {
  const people: BlockedPerson[] = [];
  await eachInTurns(blocked, (one) => {
    if ('subscriberId' in one) return void people.push({ subscriberId: one.subscriberId });
    if (one.sealed === undefined) return;
    const phoneNumber = openBlocked(secretsKey, id, one.sealed);
    if (phoneNumber !== undefined) return void people.push({ phoneNumber });
    throw new Fault(
      'UNAVAILABLE',
      'A blocked number cannot be read: EARSHOT_SECRETS_KEY is not the one it was kept under.',
    );
  });
  return people;
}
