import { type CommonConfig, commonConfig, publishInterval } from './common-config.ts';
import type { Env, Reader } from './env-reader.ts';
import { componentAddress } from './homes-config.ts';
import { type ServiceConfig, serviceConfig } from './service-config.ts';
import { readStrictly } from './strict.ts';

export type ComponentConfig = CommonConfig &
  ServiceConfig & {
    service: string;
    domain: string;
    secret: string;
    /** Milliseconds between two publishes of one subscriber. */
    publishInterval: number;
    /** Whether the component stands still where the server grants no privileges, or offers matches there. */
    privileges: 'required' | 'optional';
  };

/** `own`: reads what this file knows nothing of. @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toComponentConfig<Own extends object>(env: Env, own: (read: Reader) => Own): ComponentConfig & Own {
  return readStrictly(env, (read) => ({ ...componentConfig(read), ...own(read) }));
}

/** As `toComponentConfig`, which knows what the reader has found wrong. */
export function componentConfig(read: Reader): ComponentConfig {
  return {
    ...commonConfig(read),
    ...serviceConfig(read),
    service: read.matching(
      'EARSHOT_COMPONENT_SERVICE',
      /^xmpp:\/\/[^\s/@]+$/,
      'xmpp://host:port',
      'xmpp://127.0.0.1:5347',
    ),
    ...componentAddress(read),
    secret: read.text('EARSHOT_COMPONENT_SECRET'),
    publishInterval: publishInterval(read),
    privileges: read.oneOf('EARSHOT_PRIVILEGES', ['required', 'optional'], 'required'),
  };
}
