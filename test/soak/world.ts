import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKamailio } from '../../bench/sip/kamailio.ts';
import { type Api, createApi } from '../support/api.ts';
import { issueKey } from '../support/http/credentials.ts';
import { SUBSCRIBER_SCOPES, subscribe } from '../support/http/subscriptions.ts';
import { type HeldMemory, heldMemory } from '../support/measure/held-memory.ts';
import type { TestStack } from '../support/servers/own-stack.ts';
import { type Sink, startSink } from '../support/servers/sink.ts';
import { DOMAIN } from '../support/sip/sip-subject.ts';
import { startTestStack } from '../support/stack.ts';
import { MANY_LOGINS } from '../torture/newcomers.ts';

/** A whole Earshot, with a process for a presence server, and how to ask its processes what they hold. */
export type World = {
  stack: TestStack;
  api: Api;
  held: HeldMemory;
  /** Is told of everybody, by a subscription that lasts. */
  sink: Sink;
  /** Of a carrier that may follow everybody. */
  key: string;
  stop(): Promise<void>;
};

const SETTINGS = {
  ...MANY_LOGINS,
  EARSHOT_WRONG_CODES_PER_ADDRESS: '100000/300',
  EARSHOT_PUBLISH_INTERVAL_MS: '0',
  EARSHOT_LIMIT_ADDRESS: '0',
  EARSHOT_LIMIT_SUBSCRIBER: '0',
  EARSHOT_LIMIT_CARRIER: '0',
  EARSHOT_NUMBER_QUARANTINE_DAYS: '0',
  EARSHOT_SINK_ALLOW: '127.0.0.1',
  EARSHOT_SIP_DOMAIN: DOMAIN,
  // Soon as long as it becomes.
  EARSHOT_AUDIT_MAX_ENTRIES: '1000',
};

export async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-soak-'));
  const [kamailio, held] = [await startKamailio(join(folder, 'kamailio')), await heldMemory()];
  const sink = await startSink();
  async function stopOthers(): Promise<void> {
    await Promise.all([kamailio.stop(), held.stop(), sink.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
  const env = { ...SETTINGS, ...held.env, EARSHOT_SIP_SERVER: `tcp://127.0.0.1:${kamailio.port}` };
  const stack = await startTestStack({ env }).catch(async (err) => {
    await stopOthers();
    throw err;
  });
  const api = createApi(stack);
  await subscribe(api, sink, { config: { initialEvent: true } });
  const { key } = await issueKey(api, SUBSCRIBER_SCOPES);
  return {
    ...{ stack, api, held, sink, key },
    async stop() {
      await stack.stop();
      await stopOthers();
    },
  };
}
