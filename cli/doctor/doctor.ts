import { NO_NPM_START, readReady } from '../ready-file.ts';
import { UsageError } from '../usage-error.ts';
import { examine, type Told } from './examine.ts';
import { createPatient, ROLES, type Role } from './patient.ts';

/**
 * `earshot doctor`: looks at everything that the processes with these settings need, and says of each whether it is well and
 * otherwise what to do. Without settings in `env`, those of a running `npm start`. `roles`: those that run with these settings; none for all. `connects`: as of a patient. 0 when there is no fault, else 1.
 */
export async function doctor(
  env: NodeJS.ProcessEnv,
  roles: readonly string[],
  connects: boolean,
  json: boolean,
  print: (line: string) => void,
): Promise<number> {
  const ready = isGiven(env) ? undefined : readReady(env);
  const patient = createPatient(
    { ...ready?.settings, ...env },
    roles.length === 0 ? ROLES : roles.map(toRole),
    connects,
  );
  const told: Told[] = [];
  try {
    for await (const one of examine(patient)) {
      told.push(one);
      if (!json) print(lineOf(one));
    }
  } finally {
    await patient.close();
  }
  const count = (level: Told['level']) => told.filter((one) => one.level === level).length;
  if (json) print(JSON.stringify(told.map(({ check, level, what }) => ({ check, level, what }))));
  else print(`${count('fault')} faults, ${count('warning')} warnings.`);
  if (!json && !ready && !isGiven(env)) print(`It was given no keys, and ${NO_NPM_START}.`);
  return count('fault') === 0 ? 0 : 1;
}

/** Lines of a configuration stand below, under the text. */
function lineOf({ check, level, what }: Told): string {
  return `${level.padEnd(8)} ${check.padEnd(14)} ${what.replaceAll('\n', `\n${' '.repeat(24)}`)}`;
}

/** Whether these are the settings of processes; otherwise they stand in for some of a running `npm start`. */
function isGiven(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.EARSHOT_NUMBER_KEY || env.EARSHOT_NUMBER_KEY_FILE);
}

function toRole(text: string): Role {
  const role = ROLES.find((one) => one === text);
  if (role === undefined) throw new UsageError(`--role must be one of: ${ROLES.join(', ')}.`);
  return role;
}
