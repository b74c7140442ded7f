import { RANGE } from '../../domain/access/grant.ts';
import type { Home, Homes } from '../../domain/account/homes.ts';
import { prepareDomain } from '../../domain/account/jid.ts';
import type { Reader } from './env-reader.ts';

const SHAPE =
  'hosts with blanks between them, each perhaps with what the numbers of its new accounts begin with: op.example brand.example=+4915,+4916';
/** Each costs every process a little; and a due list holds as many (`store/due/due-at-home`). */
const MOST = 100;

/** EARSHOT_HOMES, which all processes share; empty where there is one home, which is EARSHOT_HOME_HOST. */
function homesConfig(read: Reader): Home[] {
  const words = (read.given('EARSHOT_HOMES') ?? '').split(/\s+/).filter((word) => word !== '');
  const homes = words.map(toHome);
  const ranges = homes.flatMap((home) => home?.ranges ?? []);
  if (homes.includes(undefined) || homes.length > MOST)
    read.faults.push(`EARSHOT_HOMES must be at most ${MOST} ${SHAPE}.`);
  if (new Set(homes.map((home) => home?.host)).size < homes.length)
    read.faults.push('EARSHOT_HOMES names one host twice.');
  if (new Set(ranges).size < ranges.length)
    read.faults.push('EARSHOT_HOMES says of two homes that new numbers of one and the same beginning are theirs.');
  return homes.filter((home) => home !== undefined);
}

/** The homes and, of a component, its own one; of others the first. */
export function homeConfig(read: Reader): { homeHost: string; homes: Homes } {
  const homes = homesConfig(read);
  const [first, ...others] = homes;
  const homeHost = read.domain('EARSHOT_HOME_HOST', first?.host);
  if (!first) return { homeHost, homes: [{ host: homeHost, ranges: [] }] };
  if (!homes.some(({ host }) => host === homeHost)) read.faults.push('EARSHOT_HOME_HOST must be one of EARSHOT_HOMES.');
  return { homeHost, homes: [first, ...others] };
}

/** The hosts of all homes, sorted; empty where there is one. */
export function homeHosts(read: Reader): string[] {
  const homes = homesConfig(read);
  return homes.length > 1 ? homes.map(({ host }) => host).sort() : [];
}

/** A component has no home but the one that it is told. */
export function componentAddress(read: Reader): { homeHost: string; domain: string } {
  const homeHost = read.domain('EARSHOT_HOME_HOST');
  const domain = read.domain('EARSHOT_COMPONENT_DOMAIN', `tune.${homeHost || 'op.example'}`);
  if (homesConfig(read).some(({ host }) => host === domain))
    read.faults.push('EARSHOT_COMPONENT_DOMAIN must not be a host of EARSHOT_HOMES: people live there.');
  else if (domain === homeHost && domain !== '')
    read.faults.push('EARSHOT_COMPONENT_DOMAIN must not be EARSHOT_HOME_HOST: people live there.');
  return { homeHost, domain };
}

function toHome(word: string): Home | undefined {
  const [name = '', list, ...more] = word.split('=');
  const host = prepareDomain(name);
  const ranges = list?.split(',') ?? [];
  if (host === undefined || more.length > 0 || !ranges.every((range) => RANGE.test(range))) return undefined;
  return { host, ranges };
}
