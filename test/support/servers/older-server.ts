import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ownAccount } from '../../../component/server/own-account.ts';
import { TEST_SERVER } from '../on-server.ts';
import type { TestStack } from './own-stack.ts';

/** Copies of what the stack's XMPP server keeps on its disk. */
export function createServerBackup(stack: TestStack) {
  const files = () => join(stack.server().dir, TEST_SERVER === 'prosody' ? 'data' : 'spool');
  const copyOf = () => join(stack.dataDir, 'older-server');

  /** Every node on Prosody, which has a folder for each kind of thing; on ejabberd the account that holds it. */
  async function loseStamp(): Promise<void> {
    if (TEST_SERVER === 'prosody') {
      for (const path of await readdir(files(), { recursive: true }))
        if (/^[^/]+\/pep[^/]*$/.test(path)) await rm(join(files(), path), { recursive: true });
      return stack.restart('server');
    }
    await stack.restart('server');
    const { env } = stack;
    const secret = env.EARSHOT_COMPONENT_SECRET ?? '';
    const [user, host] = ownAccount({ homeHost: stack.xmpp.domain, secret }).split('@');
    const credential = `${env.EARSHOT_EJABBERD_API_USER}:${env.EARSHOT_EJABBERD_API_PASSWORD}`;
    const answer = await fetch(`${env.EARSHOT_EJABBERD_API}/unregister`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(credential).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ user, host }),
    });
    if (!answer.ok) throw new Error(`ejabberd keeps the component's own account: ${await answer.text()}`);
  }

  return {
    /** As the server is now, which is started again. */
    async copy(): Promise<void> {
      await stack.part('server').stop();
      await cp(files(), copyOf(), { recursive: true });
      await stack.restart('server');
      await stack.untilReady();
    },
    /** The server is as it was, and has no stamp of the component's; nobody was connected meanwhile. */
    async putBackWithoutStamp(): Promise<void> {
      await stack.part('component').stop();
      await stack.part('server').stop();
      await rm(files(), { recursive: true });
      await cp(copyOf(), files(), { recursive: true });
      await loseStamp();
      await stack.restart('component');
      await stack.untilReady();
    },
  };
}
