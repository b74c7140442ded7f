import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { lockDataDir } from './data-lock.ts';
import { prepareDemo } from './demo/demo.ts';
import { privateFolder } from './folders.ts';
import { greeting } from './greeting.ts';
import { writePrivateJson } from './secrets.ts';
import type { Settings } from './settings.ts';
import { type Stack, startStack } from './stack/stack.ts';
import { superviseStack } from './stack/supervise.ts';
import { SERVERS } from './xmpp-servers.ts';

/** Runs everything until `signal` is aborted, then ends everything. `say` gets what the operator is to read. */
export async function launch(settings: Settings, signal: AbortSignal, say: (text: string) => void): Promise<void> {
  const dataDir = privateFolder(settings.dataDir);
  const unlock = lockDataDir(dataDir);
  const readyFile = join(dataDir, 'ready.json');
  function leave(): void {
    rmSync(readyFile, { force: true });
    unlock();
  }
  // For the hurried end, which leaves nothing to the end of this function.
  process.once('exit', leave);
  try {
    rmSync(readyFile, { force: true });
    await runStack({ ...settings, dataDir }, signal, say, readyFile);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    process.off('exit', leave);
    leave();
  }
}

async function runStack(
  settings: Settings,
  signal: AbortSignal,
  say: (text: string) => void,
  readyFile: string,
): Promise<void> {
  say(`Starting Redis, ${SERVERS[settings.server].title} and Earshot …`);
  const stack = await startStack({ ...withoutUndefined(settings), signal });
  try {
    superviseStack(stack, say);
    await Promise.race([announce(stack, settings, signal, say, readyFile), aborted(signal)]);
    await aborted(signal);
    say('Stopping …');
  } finally {
    await stack.stop();
  }
}

async function announce(
  stack: Stack,
  settings: Settings,
  signal: AbortSignal,
  say: (text: string) => void,
  readyFile: string,
): Promise<void> {
  const demo = settings.demo ? await prepareDemo(stack, settings.dataDir) : [];
  if (signal.aborted) return;
  const { gatewayUrl, operatorKey, xmpp, env } = stack;
  writePrivateJson(readyFile, { gatewayUrl, operatorKey, xmpp, demo, settings: env });
  const page = settings.env.EARSHOT_PAGE !== 'off';
  const { certificate } = stack.server();
  say(greeting({ gatewayUrl, operatorKey, xmpp, certificate, demo, dataDir: settings.dataDir, page }));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function withoutUndefined({ httpPort, xmppPort, dataDir, policy, server, env }: Settings) {
  return {
    dataDir,
    policy,
    server,
    // There are clients that log in nowhere without it.
    tls: true,
    env,
    ...(httpPort === undefined ? {} : { httpPort }),
    ...(xmppPort === undefined ? {} : { xmppPort }),
  };
}
