import { createClient } from 'redis';
import { unwatchedOptions } from './redis-options.ts';

export type RedisNode = ReturnType<typeof newClient>;

/** Asks one server over a short connection, without a choice of database, which a cluster would refuse. */
export async function askNode<T>(url: string, question: (node: RedisNode) => Promise<T>): Promise<T> {
  const node = newClient(url);
  node.on('error', () => {});
  try {
    return await question(await node.connect());
  } finally {
    node.destroy();
  }
}

/** The URL of another node of the same cluster. */
export function siblingOf(url: string, { host, port }: { host: string; port: number }): string {
  const sibling = new URL(url);
  sibling.hostname = host.includes(':') ? `[${host}]` : host;
  sibling.port = `${port}`;
  sibling.pathname = '';
  return sibling.href;
}

function newClient(url: string) {
  const bare = new URL(url);
  bare.pathname = '';
  const { socket } = unwatchedOptions('fail-fast');
  return createClient({ url: bare.href, socket: { ...socket, reconnectStrategy: false } });
}
