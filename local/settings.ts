import { parseArgs } from 'node:util';
import { unknownSettings } from '../runtime/config/setting-names.ts';
import { REDIS_PROGRAM_SETTING } from './redis/redis-program.ts';
import { StartError } from './start-error.ts';
import { DEFAULT_SERVER, SERVERS, type ServerName } from './xmpp-servers.ts';

/** What `npm start` is told by its environment and its arguments. */
export interface Settings {
  dataDir: string;
  /** Undefined: any free port. */
  httpPort: number | undefined;
  xmppPort: number | undefined;
  demo: boolean;
  /** The kind of the private XMPP server: `npm start -- --server NAME`. */
  server: ServerName;
  policy: 'mutual' | 'either';
  /** Every other `EARSHOT_*`, for the three processes. */
  env: Record<string, string>;
}

const OWN_NAMES = [
  'EARSHOT_DATA_DIR',
  'EARSHOT_HTTP_PORT',
  'EARSHOT_XMPP_PORT',
  'EARSHOT_DEMO',
  'EARSHOT_POLICY',
  REDIS_PROGRAM_SETTING,
  ...Object.values(SERVERS).flatMap(({ ownSettings }) => ownSettings),
];

/** Reads the settings; throws `BAD_SETTING` naming every fault at once. `args`: what stands behind `npm start --`. */
export function readSettings(env: NodeJS.ProcessEnv, args: readonly string[] = []): Settings {
  const faults = unknownSettings(env);
  const settings: Settings = {
    dataDir: env.EARSHOT_DATA_DIR || 'data',
    httpPort: port('EARSHOT_HTTP_PORT', env.EARSHOT_HTTP_PORT || '8080', faults),
    xmppPort: port('EARSHOT_XMPP_PORT', env.EARSHOT_XMPP_PORT || '5222', faults),
    demo: oneOf('EARSHOT_DEMO', env.EARSHOT_DEMO || '1', ['0', '1'], faults) === '1',
    policy: oneOf('EARSHOT_POLICY', env.EARSHOT_POLICY || 'mutual', ['mutual', 'either'], faults),
    server: serverOf(args, faults),
    env: Object.fromEntries(Object.entries(env).filter(isForProcesses)),
  };
  if (faults.length > 0) throw new StartError('BAD_SETTING', faults.join('\n'));
  return settings;
}

function isForProcesses(entry: [string, string | undefined]): entry is [string, string] {
  const [name, value] = entry;
  return name.startsWith('EARSHOT_') && !OWN_NAMES.includes(name) && value !== undefined;
}

function port(name: string, text: string, faults: string[]): number | undefined {
  const number = Number(text);
  const valid = /^\d+$/.test(text) && number <= 65_535;
  if (!valid) faults.push(`${name} must be a port from 1 to 65535, or 0 for any free one, not "${text}".`);
  return number === 0 ? undefined : number;
}

function serverOf(args: readonly string[], faults: string[]): ServerName {
  const names = Object.keys(SERVERS) as [ServerName];
  try {
    const { values } = parseArgs({ args: [...args], options: { server: { type: 'string' } } });
    return oneOf('--server', values.server ?? DEFAULT_SERVER, names, faults);
  } catch (error) {
    faults.push(`npm start takes --server and nothing else: ${(error as Error).message}`);
    return DEFAULT_SERVER;
  }
}

function oneOf<T extends string>(name: string, text: string, allowed: [T, ...T[]], faults: string[]): T {
  const found = allowed.find((value) => value === text);
  if (found === undefined) faults.push(`${name} must be ${allowed.join(' or ')}, not "${text}".`);
  return found ?? allowed[0];
}
