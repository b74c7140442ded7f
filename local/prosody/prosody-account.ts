import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { requireProgram } from '../children/programs.ts';
import type { ProsodyServer } from './prosody-server.ts';

const run = promisify(execFile);

/**
 * Creates an account on a private Prosody, running or not, or gives it a new password when it is there.
 * @param jid bare JID on the server's domain
 */
export async function registerAccount(
  server: Pick<ProsodyServer, 'configFile'>,
  jid: string,
  password: string,
): Promise<void> {
  const at = jid.lastIndexOf('@');
  const [user, host] = [jid.slice(0, at), jid.slice(at + 1)];
  const prosodyctl = requireProgram('prosodyctl', 'prosody');
  await run(prosodyctl, ['--config', server.configFile, 'register', user, host, password]);
}
