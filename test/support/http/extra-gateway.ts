import { join } from 'node:path';
import { freePort } from '../../../local/ports.ts';
import { type EarshotProcess, startProcess } from '../../../local/processes.ts';
import type { Stack } from '../../../local/stack/stack.ts';
import { eventually } from '../eventually.ts';

export type ExtraGateway = EarshotProcess & { port: number; url: string };

/** One more gateway on a running stack, with settings of its own; an undefined one is not set. */
export async function startExtraGateway(
  stack: Stack & { dataDir: string },
  settings: Record<string, string | undefined> = {},
): Promise<ExtraGateway> {
  const port = Number(settings.EARSHOT_HTTP_PORT ?? (await freePort()));
  const all = { ...stack.env, EARSHOT_HTTP_PORT: `${port}`, ...settings };
  const env = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const logFile = join(stack.dataDir, 'logs', `gateway-${port}.log`);
  const started = await startProcess({ role: 'gateway', env, logFile });
  const url = `${settings.EARSHOT_TLS_CERT_FILE ? 'https' : 'http'}://127.0.0.1:${port}`;
  await eventually(async () => {
    const answer = await fetch(`${url}/livez`).catch((err: Error & { cause?: { code?: string } }) => err);
    if (answer instanceof Error && answer.cause?.code !== 'DEPTH_ZERO_SELF_SIGNED_CERT') throw answer;
  });
  return { ...started, port, url };
}
