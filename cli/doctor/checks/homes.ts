import { requireSameHomes } from '../../../component/same-homes.ts';
import type { ProcessStatus } from '../../../store/process/status.ts';
import { type Check, type Finding, fault, ok } from '../finding.ts';

/** Whether the processes that run know the same homes as these settings. @throws Fault FAILED_PRECONDITION */
export const homes: Check = {
  name: 'homes',
  async look({ common, component, gateway, needs, opened }) {
    needs('EARSHOT_HOMES', 'EARSHOT_HOME_HOST');
    const { stores } = await opened();
    await requireSameHomes(stores, common.hosts);
    if (common.hosts.length > 0) return ok(`all components know the homes ${common.hosts.join(', ')}`);
    const own = (component ?? gateway)?.homeHost;
    return own === undefined ? [] : judge(await stores.statuses.all(), own);
  },
};

/** Where there is one home. `own`: that of these settings. */
export function judge(all: readonly ProcessStatus[], own: string): Finding[] {
  return all.flatMap(({ role, host, homeHost = own }) =>
    homeHost === own
      ? []
      : fault(
          `the ${role} on ${host} has EARSHOT_HOME_HOST ${homeHost}, and these settings have ${own}: give all processes the same, which is the host whose users are served`,
        ),
  );
}
