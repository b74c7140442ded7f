import { execFile } from 'node:child_process';
import { chown, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Child, startChild } from '../../../local/children/child.ts';
import { type Command, requireProgram, withDeathSignal } from '../../../local/children/programs.ts';
import { processesIn } from '../../local/scratch.ts';
import { eventually, PATIENCE } from '../eventually.ts';

/** `nobody`: poezio refuses to run as root. */
const NOBODY = 65534;
const BETWEEN_LOOKS_MS = 80;
/** Milliseconds for poezio to log out by itself. */
const GOODBYE_MS = 3_000;

type Tmux = (...args: string[]) => Promise<string>;
type Server = { xmpp: { host: string; port: number }; server(): { certificate: string | undefined } };
type Account = { jid: string; password: string };

/** A poezio on a screen of 260 columns that only a test looks at. */
export interface Poezio {
  /** Everything on the screen, line by line. */
  screen(): Promise<string>;
  /** Types a command, such as `/quit`, and Enter. */
  type(command: string): Promise<void>;
  /** Presses keys by their names in tmux (`Enter`, `Down`, `C-y`) or letters, one after the other. */
  press(...keys: string[]): Promise<void>;
  /** Waits until the text is on the screen, in one line; otherwise the error carries the screen. */
  shows(text: string): Promise<void>;
  /** Ends poezio and its tmux, and removes their folder. */
  stop(): Promise<void>;
}

/**
 * Logs somebody in with poezio, Debian's package, on a server with TLS, and waits until it is online. It runs in a tmux server of its own, which ends with this
 * process, however that dies.
 * @throws StartError PROGRAM_MISSING when poezio or tmux is not installed
 */
export async function startPoezio(server: Server, account: Account): Promise<Poezio> {
  const program = requireProgram('poezio', 'poezio');
  const tmuxProgram = requireProgram('tmux', 'tmux');
  const folder = await mkdtemp(join(tmpdir(), 'earshot-poezio-'));
  await writeConfiguration(folder, program, server, account);
  const env = { PATH: process.env.PATH, HOME: folder, TMUX_TMPDIR: folder, LC_ALL: 'C.UTF-8' };
  const tmuxCommand = (...args: string[]) =>
    unprivileged({ program: tmuxProgram, args: ['-L', basename(folder), ...args] });
  const tmuxServer = await startChild({
    name: 'tmux',
    ...tmuxCommand('-D', '-f', join(folder, 'tmux.conf')),
    env,
    logFile: join(folder, 'tmux.log'),
    deathSignal: 'TERM',
  });
  const tmux: Tmux = async (...args) => {
    const { program, args: words } = tmuxCommand(...args);
    return (await promisify(execFile)(program, words, { env, timeout: PATIENCE })).stdout;
  };
  const poezio: Poezio = {
    ...terminal(tmux),
    async stop() {
      await quit(poezio);
      await clearAway(tmuxServer, folder);
    },
  };
  await untilOnline(poezio, account);
  return poezio;
}

async function untilOnline(poezio: Poezio, account: Account): Promise<void> {
  try {
    await poezio.shows('Plugin user_extras loaded');
    await poezio.shows(`Your JID is ${account.jid}/`);
  } catch (err) {
    await poezio.stop();
    throw err;
  }
}

/** The screen and the keyboard. */
function terminal(tmux: Tmux): Omit<Poezio, 'stop'> {
  const screen = async () => (await tmux('capture-pane', '-p')).trimEnd();
  const look = (found: (seen: string) => boolean, text: string) =>
    eventually(async () => {
      await sleep(BETWEEN_LOOKS_MS);
      const seen = await screen();
      if (!found(seen)) throw new Error(`poezio does not show "${text}" but:\n${seen}`);
    });
  return {
    screen,
    async press(...keys) {
      for (const key of keys) {
        await tmux('send-keys', key);
        // Together they would be a paste.
        await sleep(BETWEEN_LOOKS_MS);
      }
    },
    shows: (text) => look((seen) => seen.includes(text), text),
    async type(command) {
      const enter = async (keys: string, input: string) => {
        await tmux('send-keys', '-l', keys);
        await look((seen) => seen.endsWith(input), input);
      };
      // Keys that poezio reads at once are a paste to it: a slash would not open the input line and Enter would not end it.
      await enter(command.slice(0, 1), command.slice(0, 1));
      await enter(command.slice(1), command);
      await tmux('send-keys', 'Enter');
    },
  };
}

/** Lets poezio log out. One that hangs, or is gone already, is left to `clearAway`. */
async function quit(poezio: Poezio): Promise<void> {
  try {
    await poezio.press(...'/quit', 'Enter');
    const end = Date.now() + GOODBYE_MS;
    while (Date.now() < end && !(await poezio.screen()).includes('Pane is dead')) await sleep(BETWEEN_LOOKS_MS);
  } catch {
    // Nothing is lost: the kernel kills it when tmux ends.
  }
}

async function clearAway(tmuxServer: Child, folder: string): Promise<void> {
  await tmuxServer.stop();
  await eventually(() => expect(processesIn(folder)).to.be.empty);
  await rm(folder, { recursive: true, force: true });
}

/** The command as `nobody` when this is root. Linux forgets the wish to end with the parent at a change of user, so it is said again. */
function unprivileged(command: Command): Command {
  if (!isRoot()) return command;
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--pdeathsig', 'TERM'];
  return { program: requireProgram('setpriv', 'util-linux'), args: [...user, '--', command.program, ...command.args] };
}

/** Without XDG variables poezio keeps everything in HOME, the same folder. */
async function writeConfiguration(folder: string, program: string, server: Server, account: Account): Promise<void> {
  const settings = [
    '[Poezio]',
    `jid = ${account.jid}`,
    `password = ${account.password}`,
    `custom_host = ${server.xmpp.host}`,
    `custom_port = ${server.xmpp.port}`,
    // From 0.15 on it logs in nowhere without TLS.
    `ca_cert_path = ${join(folder, 'server.crt')}`,
    'plugins_autoload = user_extras',
  ];
  const plain = { program, args: ['-f', join(folder, 'poezio.cfg')] };
  const poezio = withDeathSignal(plain, 'KILL') ?? plain;
  const command = [poezio.program, ...poezio.args].map((word) => `'${word}'`).join(' ');
  const session = ['set -g remain-on-exit on', `new-session -d -x 260 -y 50 ${command}`];
  await writeFile(join(folder, 'poezio.cfg'), `${settings.join('\n')}\n`, { mode: 0o600 });
  await writeFile(join(folder, 'tmux.conf'), `${session.join('\n')}\n`);
  await copyFile(server.server().certificate ?? '', join(folder, 'server.crt'));
  if (isRoot())
    for (const name of ['', 'poezio.cfg', 'tmux.conf', 'server.crt']) await chown(join(folder, name), NOBODY, NOBODY);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
