import { Fault } from '../../domain/fault.ts';
import { CHECKS } from './checks.ts';
import { type Check, type Finding, fault, warning } from './finding.ts';
import { NotLookedAt } from './not-looked-at.ts';
import type { Patient } from './patient.ts';
import { reasonOf } from './reach.ts';

/** A finding, and the check that found it. */
export type Told = Finding & { check: string };

/** Milliseconds for one check. */
const PATIENCE = 15_000;

/** Looks at one thing after the other; none keeps another from being looked at. */
export async function* examine(patient: Patient, checks: readonly Check[] = CHECKS): AsyncGenerator<Told> {
  for (const check of checks)
    for (const finding of await findings(check, patient)) yield { check: check.name, ...finding };
}

async function findings(check: Check, patient: Patient): Promise<Finding[]> {
  const patience = check.patience ?? PATIENCE;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(fault(`not known after ${patience / 1_000} s, and given up`)), patience);
  });
  try {
    return [await Promise.race([check.look(patient), late])].flat();
  } catch (err) {
    if (err instanceof NotLookedAt) return [warning(err.message)];
    // The words of others could hold what is to be told to nobody.
    return [fault(err instanceof Fault ? err.message : `could not be looked at: ${reasonOf(err)}`)];
  } finally {
    clearTimeout(timer);
  }
}
