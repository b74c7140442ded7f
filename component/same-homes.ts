import { Fault } from '../domain/fault.ts';
import type { Stores } from '../store/stores.ts';

/** What is due is laid out by homes: components that know others would not find each other's. One that stands by has done nothing yet. @throws Fault FAILED_PRECONDITION */
export async function requireSameHomes(
  { statuses }: Pick<Stores, 'statuses'>,
  hosts: readonly string[],
): Promise<void> {
  const all = await statuses.all();
  const other = all.find(({ role, homes, standby }) => role === 'component' && !standby && homes !== hosts.join(' '));
  if (other)
    throw new Fault(
      'FAILED_PRECONDITION',
      `A component on ${other.host} runs with other EARSHOT_HOMES (${other.homes || 'none'}): give all processes the same, and start them anew.`,
    );
}
