import { OUTLETS } from '../../../domain/playing/outlets.ts';
import { readVersion } from '../../../runtime/version.ts';
import type { ProcessStatus } from '../../../store/process/status.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';
import { ROLES } from '../patient.ts';

/** Whether each kind of process runs that is needed, all in one version, and what gateways and workers wait for; components are `xmpp`. */
export const fleet: Check = {
  name: 'processes',
  async look({ opened }) {
    const { stores } = await opened();
    await stores.outletsUsed.look();
    const used = stores.outletsUsed.names();
    const needed = OUTLETS.flatMap(({ name, process }) => (used.includes(name) ? [process] : []));
    return judge(await stores.statuses.all(), readVersion(), needed);
  },
};

/** `own`: the version of this command. `needed`: kinds of processes that are, beside those that every Earshot has. */
export function judge(all: readonly ProcessStatus[], own: string, needed: readonly string[] = []): Finding[] {
  const roles = [...new Set<string>([...ROLES, ...needed])];
  if (all.length === 0)
    return [
      warning(
        'no process is heard of in this Redis: start component, gateway and worker; if some run, their EARSHOT_REDIS_URL (the number at its end, too) or EARSHOT_REDIS_PREFIX is another',
      ),
    ];
  const missing = roles.filter((role) => !all.some((one) => one.role === role));
  const waiting = all.filter(({ role, ready }) => role !== 'component' && !ready);
  const found = [
    ...missing.map((role) =>
      fault(
        `no ${role} is heard of: start one; if one runs, its EARSHOT_REDIS_URL (the number at its end, too) or EARSHOT_REDIS_PREFIX is another`,
      ),
    ),
    ...waiting.map((one) => fault(`the ${one.role} on ${one.host} waits for ${one.missing.join('; ')}`)),
    ...versions(all, own),
  ];
  return found.length > 0 ? found : [ok(`${all.length} processes of version ${own}: ${counts(all, roles)}`)];
}

function versions(all: readonly ProcessStatus[], own: string): Finding[] {
  const others = all.filter(({ version }) => version !== own);
  if (others.length === 0) return [];
  const named = others.map(({ role, host, version }) => `${role} on ${host}: ${version}`);
  return [
    warning(`not all is of version ${own}, as this command is: ${named.join(', ')}. Start anew whatever is older`),
  ];
}

function counts(all: readonly ProcessStatus[], roles: readonly string[]): string {
  return roles.map((role) => `${all.filter((one) => one.role === role).length} ${role}`).join(', ');
}
