import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kamailio, startKamailio } from '../../../bench/sip/kamailio.ts';
import type { KamailioConfig } from '../../../bench/sip/kamailio-config.ts';
import { freePort } from '../../../local/ports.ts';
import type { TestStack } from '../servers/own-stack.ts';
import { startTestStack } from '../stack.ts';
import { DOMAIN } from './sip-subject.ts';

export type KamailioStack = Awaited<ReturnType<typeof startKamailioStack>>;

/** A whole Earshot, with a process that shows what plays on a Kamailio. `settings`: of the Kamailio. */
export async function startKamailioStack(settings: Omit<KamailioConfig, 'port'> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-sip-'));
  const port = await freePort();
  const start = () => startKamailio(join(folder, 'kamailio'), { ...settings, port });
  let kamailio: Kamailio = await start();
  const stack: TestStack = await startTestStack({
    env: {
      EARSHOT_SIP_SERVER: `tcp://127.0.0.1:${port}`,
      EARSHOT_SIP_DOMAIN: DOMAIN,
      EARSHOT_PUBLISH_INTERVAL_MS: '0',
      ...(settings.login && {
        EARSHOT_SIP_USER: settings.login.user,
        EARSHOT_SIP_PASSWORD: settings.login.password,
      }),
    },
  });
  return {
    stack,
    port,
    folder,
    /** SIGKILL, all of its processes; what it knew is gone. */
    killKamailio: () => kamailio.kill(),
    async restartKamailio(): Promise<void> {
      kamailio = await start();
    },
    async stop(): Promise<void> {
      await stack.stop();
      await kamailio.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The address at which a number is watched. */
export function addressOf({ phoneNumber }: { phoneNumber: string }): string {
  return `sip:${phoneNumber}@${DOMAIN}`;
}
