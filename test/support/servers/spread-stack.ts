import { join } from 'node:path';
import { domainOf } from '../../../domain/account/jid.ts';
import type { PartName } from '../../../local/stack/stack-plan.ts';
import type { ServerName } from '../../../local/xmpp-servers.ts';
import type { TestStack, TestStackOptions } from './own-stack.ts';
import { FIRST, homesLack, SECOND, startSecondComponent, startTwoHomes } from './second-home.ts';

/** Of the tests' people Bob is of the second home, and others whose friends are of the first: by the beginning of their numbers. */
const OF_THE_SECOND = ['+86139', '+86136', '+49', '+447400111', '+447400123'];

/**
 * Two homes, each on a server of its own, for tests that know of one: clients log in where their JID lives, and what is killed or
 * started again, server or component, is so at both.
 */
export async function startSpreadStack(
  servers: readonly [ServerName, ServerName],
  options: TestStackOptions,
): Promise<TestStack> {
  const env = { ...options.env, EARSHOT_HOMES: `${FIRST} ${SECOND.host}=${OF_THE_SECOND.join(',')}` };
  const stack = await startTwoHomes(servers, { ...options, env });
  const start = () => startSecondComponent(stack, join(stack.dataDir, 'logs', 'second-component.log'));
  let component = await start();
  const atSecond: Partial<Record<PartName, { kill(): Promise<void>; restart(): Promise<void> }>> = {
    server: { kill: stack.second.killServer, restart: stack.second.restartServer },
    component: {
      kill: () => component.kill(),
      async restart() {
        await component.stop();
        component = await start();
      },
    },
  };
  const both: TestStack = {
    ...stack,
    xmpp: { ...stack.xmpp, elsewhere: { [SECOND.host]: stack.second.xmpp.port } },
    server: () => ({
      ...stack.server(),
      makeAccount: (jid, password) =>
        (domainOf(jid) === SECOND.host ? stack.second : stack).server().makeAccount(jid, password),
    }),
    async kill(name) {
      await Promise.all([stack.kill(name), atSecond[name]?.kill()]);
    },
    async restart(name) {
      await Promise.all([stack.restart(name), atSecond[name]?.restart()]);
    },
    async untilReady(timeoutMs) {
      await stack.untilReady(timeoutMs);
      await homesLack(stack);
    },
    async stop() {
      await component.stop();
      await stack.stop();
    },
  };
  await homesLack(stack);
  return both;
}
