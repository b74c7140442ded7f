import { setTimeout as sleep } from 'node:timers/promises';
import { elapsed } from '../../runtime/elapsed.ts';
import type { Mode, ProcessStatus } from '../../store/process/status.ts';
import type { Context } from '../context.ts';

/** Milliseconds in which another component takes over, and which are no reason to send nobody to the gateways (decision 288). */
const CHANGE = 10_000;
/** Milliseconds after which what was found last is told, while Redis has much to answer, and for which that holds. */
const TOLD = { soon: 400, holds: 5_000 };
/** Milliseconds after which a Redis that says nothing is missing, where nothing that was found holds; more where calls wait for longer. */
const MISSING = 2_000;
const NO_REDIS: Around = { missing: ['Redis'] };

/** What is missing at one home, for the operator to read. */
type OfHome = { host: string; missing: string[]; mode?: Mode; standby: number };
/** `missing`: nothing where this gateway serves. */
export type Around = { missing: string[]; mode?: Mode; standby?: number; homes?: OfHome[] };

/**
 * Returns how to look whether what this gateway needs is there. A supervisor that had to wait behind a crowd's calls would end a
 * gateway that works: it is told what was found a moment ago.
 */
export function createLookout(
  context: Pick<Context, 'stores' | 'config'>,
  { soon, holds, missing } = { ...TOLD, missing: Math.max(MISSING, context.config.redisPatience) },
): () => Promise<Around> {
  const look = createLook(context);
  let last: { around: Around; at: number } | undefined;
  let looking: Promise<Around> | undefined;

  async function lookAnew(): Promise<Around> {
    const around = await look();
    last = { around, at: elapsed() };
    looking = undefined;
    return around;
  }

  return async () => {
    looking ??= lookAnew();
    const known = last && elapsed() - last.at < holds ? last.around : undefined;
    const late = known ? sleep(soon, known, { ref: false }) : sleep(missing, NO_REDIS, { ref: false });
    return Promise.race([looking, late]);
  };
}

function createLook({ stores, config }: Pick<Context, 'stores' | 'config'>): () => Promise<Around> {
  /** By host: when the home was last found ready, with a component standing by; in elapsed milliseconds. */
  const secured = new Map<string, number>();

  async function lookAtHome(host: string, all: readonly ProcessStatus[]): Promise<OfHome> {
    const component = await stores.statuses.component(host);
    const ofHome = all.filter((one) => one.role === 'component' && (one.home ?? host) === host);
    const standby = ofHome.filter((one) => one.standby).length;
    if (component?.ready && standby > 0) secured.set(host, elapsed());
    const changesHands = ofHome.length > 0 && elapsed() - (secured.get(host) ?? Number.NEGATIVE_INFINITY) < CHANGE;
    return {
      host,
      missing: changesHands ? [] : missingOf('component', component),
      ...(component?.mode && { mode: component.mode }),
      standby,
    };
  }

  return async () => {
    try {
      const all = await stores.statuses.all();
      const worker = missingOf(
        'worker',
        all.find(({ role }) => role === 'worker'),
      );
      const [first, ...others] = await Promise.all(config.homes.map(({ host }) => lookAtHome(host, all)));
      if (!first) return { missing: worker };
      if (others.length > 0) return ofAll([first, ...others], worker);
      const { host: _theOnly, missing, ...further } = first;
      return { missing: [...missing, ...worker], ...further };
    } catch {
      return NO_REDIS;
    }
  };
}

/** One home that is away is no reason to send nobody here any more: something is missing when all are. */
function ofAll(homes: OfHome[], worker: string[]): Around {
  const away = homes.every(({ missing }) => missing.length > 0);
  const missing = away ? homes.flatMap((home) => home.missing.map((what) => `${home.host}: ${what}`)) : [];
  return { missing: [...missing, ...worker], standby: homes.reduce((sum, { standby }) => sum + standby, 0), homes };
}

function missingOf(role: string, status: ProcessStatus | undefined): string[] {
  if (!status) return [`the ${role} process`];
  return status.ready ? [] : status.missing;
}
