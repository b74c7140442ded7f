import { randomUUID } from 'node:crypto';
import { inBatches } from '../../runtime/batches.ts';
import { hashNumbers } from '../../store/subscriber/subscriber-record.ts';
import type { BesideTunes } from '../load/steady.ts';
import { numberKeysOf } from '../number-keys.ts';
import { settled } from '../settled.ts';
import { ROUNDS } from './rounds-plan.ts';

const DAY = 86_400_000;
const TOGETHER = 200;

/** Subscribers whose accounts nobody has; what the XMPP server would be asked about them comes later than all of this. */
async function make({ stack, stores }: BesideTunes, phoneNumbers: readonly string[]): Promise<string[]> {
  const numberKeys = numberKeysOf(stack);
  const made: string[] = [];
  for (const part of inBatches(phoneNumbers, TOGETHER)) {
    const subscribers = part.map((phoneNumber) => {
      const id = randomUUID();
      const jid = `${id}@${stack.xmpp.domain}`;
      return { id, ...hashNumbers([phoneNumber], numberKeys), jid, displayName: '', state: 'pending' as const };
    });
    await stores.subscribers.createMany(subscribers, Date.now());
    const activations = subscribers.map(({ id }) => ({ id, dueAt: Date.now() + DAY, announceAt: undefined }));
    await stores.subscribers.activateMany(activations, Date.now());
    made.push(...subscribers.map(({ id }) => id));
  }
  return made;
}

/** Subscribers without books. */
export async function makeBare(deps: BesideTunes): Promise<void> {
  await make(
    deps,
    Array.from({ length: ROUNDS.bare }, (_, i) => `+86${13_600_000_000 + i}`),
  );
}

/** Subscribers with books; each knows some of the others. Returns their ids. */
export async function makeOwners(deps: BesideTunes): Promise<string[]> {
  const ids = await make(
    deps,
    Array.from({ length: ROUNDS.owners }, (_, i) => ownerNumber(i)),
  );
  await giveBooks(deps, ids, ROUNDS.known);
  return ids;
}

/** Gives them books of which so many contacts are others of them, who do not hold them. */
export async function giveBooks({ stack, stores }: BesideTunes, ids: readonly string[], known: number): Promise<void> {
  const numberKeys = numberKeysOf(stack);
  const keyOf = (number: string) => numberKeys.of(number)[0] as string;
  const bookOf = (i: number) => {
    const others = Array.from({ length: known }, (_, k) => ownerNumber((i + k + 1) % ids.length));
    const strangers = Array.from(
      { length: ROUNDS.contacts - known },
      (_, k) => `+86${13_900_000_000 + i * ROUNDS.contacts + k}`,
    );
    return [...others, ...strangers].map((number) => ({ name: 'Somebody', groups: [], numberKeys: [keyOf(number)] }));
  };
  for (const part of inBatches([...ids.entries()], TOGETHER)) {
    const replaced = part.map(([i, id]) =>
      stores.addressBooks.replace(id, new Map(bookOf(i).map((one, k) => [`${k}`, one])), Date.now()),
    );
    await Promise.all(replaced);
    await settled(stores);
  }
}

function ownerNumber(i: number): string {
  return `+86${13_700_000_000 + i}`;
}
