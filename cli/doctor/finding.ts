import type { Patient } from './patient.ts';

export type Level = 'ok' | 'warning' | 'fault';

/** What a check has found: what is there or wrong, and what to do. It never holds a secret, or a person's number or name. */
export type Finding = { level: Level; what: string };

/**
 * One thing that is looked at, by a name of its own. It answers with nothing where there is nothing of the kind.
 * `patience`: milliseconds after which it is given up, where those of all checks are too few.
 */
export type Check = {
  name: string;
  patience?: number;
  look(patient: Patient): Promise<Finding | Finding[]>;
};

export const ok = (what: string): Finding => ({ level: 'ok', what });
export const warning = (what: string): Finding => ({ level: 'warning', what });
export const fault = (what: string): Finding => ({ level: 'fault', what });
