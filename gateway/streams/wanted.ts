import { Fault } from '../../domain/fault.ts';
import { EVENT_KINDS, EVENT_TYPES, type EventKind, kindOf, scopeOf } from '../../domain/subscription/event-types.ts';
import type { Carrier } from '../access/caller.ts';

/**
 * What a stream tells: these types, with a comma between, or undefined for all that the credential may read; in the order of the table, so that the
 * same ones are alike. @throws Fault INVALID_ARGUMENT, PERMISSION_DENIED
 */
export function kindsOf(types: string | undefined, { scopes }: Pick<Carrier, 'scopes'>): EventKind[] {
  const mayRead = (kind: EventKind) => scopes.includes(scopeOf(kind));
  if (types === undefined) {
    const all = EVENT_KINDS.filter(mayRead);
    if (all.length > 0) return all;
    throw new Fault('PERMISSION_DENIED', 'The credential may read nothing that events tell; ask the operator for it.');
  }
  const asked = types.split(',').map(kindOf);
  if (asked.includes(undefined))
    throw new Fault('INVALID_ARGUMENT', `types must be some of ${EVENT_TYPES.join(', ')}, with commas between.`);
  const missing = EVENT_KINDS.find((kind) => asked.includes(kind) && !mayRead(kind));
  if (missing !== undefined)
    throw new Fault(
      'PERMISSION_DENIED',
      `To be told of these types the credential needs the scope ${scopeOf(missing)}, too; ask the operator for it.`,
    );
  return EVENT_KINDS.filter((kind) => asked.includes(kind));
}
