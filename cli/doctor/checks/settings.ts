import { lookAtAgreement } from '../../../store/agreement.ts';
import {
  type SharedSettings,
  settingsOfComponent,
  settingsOfService,
  settingsOfWorker,
} from '../../../store/process/shared-settings.ts';
import type { ProcessStatus } from '../../../store/process/status.ts';
import { type Check, type Finding, fault, ok } from '../finding.ts';
import { NotLookedAt } from '../not-looked-at.ts';
import type { Patient } from '../patient.ts';

const SECRET = 'EARSHOT_COMPONENT_SECRET';
const NEEDED = ['EARSHOT_CONSENT', 'EARSHOT_POLICY', 'EARSHOT_SECRETS_KEY', SECRET, 'EARSHOT_HOME_HOST'];

/** Whether the processes that run have the same policy and consent as each other and as these settings, and a component the same secret. */
export const settings: Check = {
  name: 'settings',
  async look(patient) {
    patient.needs(...NEEDED);
    const { redis, stores } = await patient.opened();
    const { differs } = await lookAtAgreement(redis, stores.keys, patient.common);
    // What a secret is called depends on a key.
    if (differs !== undefined) throw new NotLookedAt('not looked at: what is wrong with the keys comes first');
    const all = await stores.statuses.all();
    if (all.length === 0) return [];
    const found = judge(all, ownOf(patient), patient.component?.homeHost);
    return found.length > 0
      ? found
      : ok('every process has the policy, consent and component secret of these settings');
  },
};

function ownOf({ component, gateway, worker }: Patient): SharedSettings {
  return {
    ...(gateway && settingsOfService(gateway)),
    ...(component && settingsOfComponent(component)),
    ...(worker && settingsOfWorker(worker)),
  };
}

/**
 * `own`: of these settings; where they say nothing of one, the processes are compared with each other. `homeHost`: whose
 * component has that secret, as each home has one of its own.
 */
export function judge(all: readonly ProcessStatus[], own: SharedSettings, homeHost?: string): Finding[] {
  const wanted: Record<string, string> = { ...own };
  return all.flatMap((one) =>
    Object.entries(one.settings ?? {}).flatMap(([name, value]) => {
      if (name === SECRET && one.homeHost !== homeHost) return [];
      wanted[name] ??= value;
      return value === wanted[name] ? [] : [differs(one, name, value, wanted[name], name in own)];
    }),
  );
}

/** `isOwn`: whether these settings have the other value, or another process. */
function differs({ role, host }: ProcessStatus, name: string, value: string, other: string, isOwn: boolean): Finding {
  if (name === SECRET)
    return fault(
      `the ${role} on ${host} runs with another ${name} than these settings have: whichever of the two the XMPP server has not is refused at its next connection. Give both the right one`,
    );
  const where = isOwn ? `these settings have ${other}` : `another process has ${other}`;
  return fault(
    `the ${role} on ${host} has ${name} ${value}, and ${where}: give all processes the same, and restart them`,
  );
}
