import { type EjabberdApiConfig, readEjabberdApi } from '../../component/server/ejabberd/ejabberd-settings.ts';
import { readServers, type ServersConfig } from '../../component/server/kinds.ts';
import type { CommonConfig } from '../../runtime/config/common-config.ts';
import { type ComponentConfig, componentConfig } from '../../runtime/config/component-config.ts';
import type { Env } from '../../runtime/config/env-reader.ts';
import { type GatewayConfig, gatewayConfig } from '../../runtime/config/gateway-config.ts';
import type { KeyConfig } from '../../runtime/config/key-config.ts';
import { readLeniently } from '../../runtime/config/lenient.ts';
import { type SipConfig, sipConfig } from '../../runtime/config/sip-config.ts';
import { type WorkerConfig, workerConfig } from '../../runtime/config/worker-config.ts';
import { createLog, type Log } from '../../runtime/log.ts';
import { lookAtRedis, mastersOf } from '../../runtime/redis/find-redis.ts';
import { connectRedis, type Redis } from '../../runtime/redis/redis.ts';
import type { RedisPlace } from '../../runtime/redis/redis-options.ts';
import { createStores, type Stores } from '../../store/stores.ts';
import { NotLookedAt } from './not-looked-at.ts';

/** Processes whose settings are looked at. */
export const ROLES = ['component', 'gateway', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** A Redis that Earshot can work with. `nodes`: the URL of each server of it that holds data. */
export type Opened = { place: RedisPlace; nodes: readonly string[]; redis: Redis; stores: Stores };

/**
 * An Earshot that is looked at, by the settings of its processes. The configuration of a role is undefined where that role
 * is not looked at; what `faults` speaks of, of settings, is not usable in it.
 */
export type Patient = {
  roles: readonly Role[];
  faults: readonly string[];
  /** What every process needs, of whichever role. */
  common: CommonConfig & KeyConfig;
  component: (ComponentConfig & ServersConfig & { ejabberdApi: EjabberdApiConfig | undefined }) | undefined;
  gateway: GatewayConfig | undefined;
  worker: WorkerConfig | undefined;
  /** Of the process `sip`, where a presence server is set. */
  sip: SipConfig | undefined;
  /** Whether this command may connect to the XMPP server where it hears of no component. */
  connects: boolean;
  /** Of those that the processes themselves make; nobody reads it. */
  log: Log;
  /** Passes on if nothing is wrong with these settings. @throws NotLookedAt */
  needs(...settings: string[]): void;
  /** Connects when first asked. @throws NotLookedAt */
  opened(): Promise<Opened>;
  close(): Promise<void>;
};

const REDIS_FIRST = 'not looked at: what is wrong with Redis comes first';

/** Reads the settings of these roles and connects to nothing yet. */
export function createPatient(env: Env, roles: readonly Role[], connects = false): Patient {
  const [component, gateway, worker] = [
    readLeniently(env, (read) => ({
      ...componentConfig(read),
      ...readServers(read),
      ejabberdApi: readEjabberdApi(read),
    })),
    readLeniently(env, gatewayConfig),
    readLeniently(env, workerConfig),
  ];
  const sip = env.EARSHOT_SIP_SERVER || env.EARSHOT_SIP_SERVER_FILE ? readLeniently(env, sipConfig) : undefined;
  const byRole = { component, gateway, worker };
  const faults = [...new Set([...roles.flatMap((role) => byRole[role].faults), ...(sip?.faults ?? [])])];
  const log = createLog('doctor', 'silent', () => '');
  const common = worker.config;
  let opening: Promise<Opened> | undefined;

  function needs(...settings: string[]): void {
    const broken = faults.map(settingOf).find((name) => settings.includes(name) || settings.includes(`${name}_FILE`));
    if (broken !== undefined) throw new NotLookedAt(`not looked at: what is wrong with ${broken} comes first`);
  }

  async function open(): Promise<Opened> {
    needs('EARSHOT_REDIS_URL', 'EARSHOT_REDIS_PREFIX');
    const place = await placeOf(common.redisUrls);
    const nodes = place.cluster ? await mastersOf(place.urls[0]) : [place.urls[0]];
    const redis = await connectRedis(place, 'fail-fast', log);
    const stores = createStores(redis, common.redisPrefix, common.secretsKey, common.numberBudget, common.hosts);
    return { place, nodes, redis, stores };
  }

  return {
    roles,
    faults,
    common,
    component: roles.includes('component') ? component.config : undefined,
    gateway: roles.includes('gateway') ? gateway.config : undefined,
    worker: roles.includes('worker') ? worker.config : undefined,
    sip: sip?.config,
    connects,
    log,
    needs,
    async opened() {
      opening ??= open();
      try {
        return await opening;
      } catch (err) {
        throw err instanceof NotLookedAt ? err : new NotLookedAt(REDIS_FIRST);
      }
    },
    async close() {
      await opening?.then(({ redis }) => redis.destroy()).catch(() => {});
    },
  };
}

/** The setting that a sentence begins with; which may stand in a file. */
function settingOf(sentence: string): string {
  return sentence.split(' ', 1)[0]?.replace(/_FILE$/, '') ?? '';
}

/** One URL that can be worked with will do, as for the processes. */
async function placeOf(urls: RedisPlace['urls']): Promise<RedisPlace> {
  let failure: unknown;
  for (const url of urls)
    try {
      return { ...(await lookAtRedis(url, urls)), urls: [url, ...urls.filter((one) => one !== url)] };
    } catch (err) {
      failure ??= err;
    }
  throw failure;
}
