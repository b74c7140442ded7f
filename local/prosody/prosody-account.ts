import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { requireProgram } from '../children/programs.ts';

const run = promisify(execFile);

/** Creates an account on a private Prosody, running or not, or gives it a new password when it is there. */
export async function makeProsodyAccount(configFile: string, jid: string, password: string): Promise<void> {
  const at = jid.lastIndexOf('@');
  const [user, host] = [jid.slice(0, at), jid.slice(at + 1)];
  const prosodyctl = requireProgram('prosodyctl', 'prosody');
  await run(prosodyctl, ['--config', configFile, 'register', user, host, password]);
}
