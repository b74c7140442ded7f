import type { ComponentConfig } from '../../runtime/config/component-config.ts';
import type { ServiceConfig } from '../../runtime/config/service-config.ts';
import type { WorkerConfig } from '../../runtime/config/worker-config.ts';
import { createKeyedHash } from '../../runtime/secret/keyed-hash.ts';

/** Settings that several processes must have alike, and that nothing compares when they start; by name. */
export type SharedSettings = Readonly<Record<string, string>>;

/** Of what adds subscribers: a gateway, and a component. */
export function settingsOfService({ consent }: Pick<ServiceConfig, 'consent'>): SharedSettings {
  return { EARSHOT_CONSENT: consent };
}

/** The secret by a name that tells nothing of it to whoever has not EARSHOT_SECRETS_KEY; the XMPP server compares it at the next connection only. */
export function settingsOfComponent(
  config: Pick<ComponentConfig, 'consent' | 'secret' | 'secretsKey'>,
): SharedSettings {
  const name = createKeyedHash(config.secretsKey)('name of the component’s secret', config.secret).slice(0, 12);
  return { ...settingsOfService(config), EARSHOT_COMPONENT_SECRET: name };
}

export function settingsOfWorker({ policy }: Pick<WorkerConfig, 'policy'>): SharedSettings {
  return { EARSHOT_POLICY: policy };
}
