import { ALL_EJABBERD_PRIVILEGES, type EjabberdPrivileges } from '../../local/ejabberd/ejabberd-config.ts';
import { findEjabberd } from '../../local/ejabberd/ejabberd-program.ts';
import { ALL_PRIVILEGES, type Privileges } from '../../local/prosody/prosody-config.ts';
import { DEFAULT_SERVER, SERVERS, type ServerName, type ServerSettings } from '../../local/xmpp-servers.ts';

/** Settings under which a server of any kind grants the component no rights, until `grantAll` and its next start. */
export function withoutPrivileges(): { settings: ServerSettings; grantAll(): void } {
  const [prosody, ejabberd]: [{ privileges: Privileges }, { privileges: EjabberdPrivileges }] = [
    { privileges: {} },
    { privileges: {} },
  ];
  return {
    settings: { prosody, ejabberd },
    grantAll() {
      prosody.privileges = ALL_PRIVILEGES;
      ejabberd.privileges = ALL_EJABBERD_PRIVILEGES;
    },
  };
}

/** A server on which a test cannot pass: of one kind, or of one version. */
type Exception = ServerName | 'ejabberd-23.01' | 'ejabberd-24.12';

/** The kind of XMPP server on which tests run that do not choose one themselves: `EARSHOT_TEST_SERVER`, else the usual one. */
export const TEST_SERVER = testServer(process.env.EARSHOT_TEST_SERVER || DEFAULT_SERVER);

/**
 * A test that some server cannot pass, whatever Earshot does. There it is skipped, and its title says why, as does docs/servers.md.
 * `except`: the reasons, which complete "cannot be there, as …".
 */
export function itExcept(except: Partial<Record<Exception, string>>, title: string, run: () => Promise<void>): void {
  const reason = except[TEST_SERVER] ?? except[versioned()];
  if (reason === undefined) it(title, run);
  else it.skip(`${title}: not here, as ${reason}`, run);
}

function testServer(name: string): ServerName {
  const found = (Object.keys(SERVERS) as ServerName[]).find((one) => one === name);
  if (!found) throw new Error(`EARSHOT_TEST_SERVER must be ${Object.keys(SERVERS).join(' or ')}, not "${name}".`);
  return found;
}

function versioned(): Exception {
  return TEST_SERVER === 'ejabberd' ? (`ejabberd-${findEjabberd().version}` as Exception) : TEST_SERVER;
}
