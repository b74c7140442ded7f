import { DEFAULT_SERVER, SERVERS, type ServerName, type ServerSettings } from '../../local/xmpp-servers.ts';
import type { TargetName } from '../compatibility/targets.ts';

const NAMES = Object.keys(SERVERS) as ServerName[];

/** Settings under which a server of any kind grants the component no rights, until `grantAll` and its next start. */
export function withoutPrivileges(): { settings: ServerSettings; grantAll(): void } {
  const settings: Record<string, { privileges: object }> = Object.fromEntries(
    NAMES.map((name) => [name, { privileges: {} }]),
  );
  return {
    settings,
    grantAll() {
      for (const name of NAMES) Object.assign(settings[name] ?? {}, { privileges: SERVERS[name].allPrivileges });
    },
  };
}

/** The kind of XMPP server on which tests run that do not choose one themselves: `EARSHOT_TEST_SERVER`, else the usual one. */
export const TEST_SERVER = testServer('EARSHOT_TEST_SERVER', process.env.EARSHOT_TEST_SERVER || DEFAULT_SERVER);

/** That of a second home, where people of these tests live at two (`EARSHOT_TEST_SECOND_SERVER`). */
export const SECOND_SERVER = process.env.EARSHOT_TEST_SECOND_SERVER
  ? testServer('EARSHOT_TEST_SECOND_SERVER', process.env.EARSHOT_TEST_SECOND_SERVER)
  : undefined;

const TESTED: readonly ServerName[] = [TEST_SERVER, ...(SECOND_SERVER ? [SECOND_SERVER] : [])];

/** A server with which something is otherwise than with most: of one kind, or of one version. */
type Exception = ServerName | TargetName;

/**
 * A test that some server cannot pass, whatever Earshot does. There it is skipped, and its title says why, as does docs/servers.md.
 * `except`: the reasons, which complete "cannot be there, as …".
 */
export function itExcept(except: Partial<Record<Exception, string>>, title: string, run: () => Promise<void>): void {
  const reason = TESTED.map((name) => except[name] ?? except[versioned(name)]).find((found) => found !== undefined);
  if (reason === undefined) it(title, run);
  else it.skip(`${title}: not here, as ${reason}`, run);
}

/** Whether tests run on that one. */
export function runsOn(server: Exception): boolean {
  return TESTED.some((name) => name === server || versioned(name) === server);
}

function testServer(setting: string, name: string): ServerName {
  const found = NAMES.find((one) => one === name);
  if (!found) throw new Error(`${setting} must be ${NAMES.join(' or ')}, not "${name}".`);
  return found;
}

function versioned(name: ServerName): Exception {
  const version = SERVERS[name].version?.();
  return version === undefined ? name : (`${name}-${version}` as Exception);
}
