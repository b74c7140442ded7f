import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type RedisServer, startRedis } from '../../local/redis/redis-server.ts';
import { askNode } from '../../runtime/redis/redis-node.ts';
import { eventually } from '../support/eventually.ts';
import type { Relay } from '../support/relay.ts';
import type { TestStack } from '../support/servers/own-stack.ts';

/**
 * Redis dies and its replica takes its place and its address, with everything that Redis had; then it comes back as the replica of that
 * one, and the places are changed again, as somebody does who mends a machine: then nobody's connection is closed.
 */
export async function failOver(stack: TestStack, relay: Relay): Promise<void> {
  const former = stack.redis();
  const { password } = former;
  const dir = join(stack.dataDir, 'replica');
  const settings = [`masterauth ${password}`, `replicaof 127.0.0.1 ${former.port}`];
  const replica = await startRedis({ dir, password, settings });
  await untilFollows(replica, former);
  relay.leadTo(replica.port);
  relay.cut();
  // What was acknowledged has left it for the replica; without the rest of it this would be an older copy of the data.
  await untilLevel(former, replica);
  await former.kill();
  await ask(replica, 'REPLICAOF', 'NO', 'ONE');

  await stack.restart('redis');
  const again = stack.redis();
  await ask(again, 'CONFIG', 'SET', 'masterauth', password);
  await ask(again, 'REPLICAOF', '127.0.0.1', `${replica.port}`);
  await untilFollows(again, replica);
  relay.leadTo(again.port);
  await ask(replica, 'FAILOVER', 'TO', '127.0.0.1', `${again.port}`);
  await eventually(async () => expect(await ask(again, 'INFO', 'replication')).to.contain('role:master'));
  await untilLeft(replica);
  await replica.stop();
  await rm(dir, { recursive: true });
}

/** The processes find out by themselves that they speak to a copy, where they write; who only listens hears everything there as well. */
async function untilLeft(replica: RedisServer): Promise<void> {
  await eventually(async () => {
    const clients = (await ask(replica, 'CLIENT', 'LIST')).trim().split('\n');
    const others = clients.filter((client) => !/ cmd=(?:client\|list|ping) | flags=\S*[MSP]/.test(client));
    expect(others, 'connections to what is only a copy now').to.deep.equal([]);
  });
}

async function untilFollows({ port }: RedisServer, master: RedisServer): Promise<void> {
  const online = new RegExp(`port=${port},state=online`);
  await eventually(async () => expect(await ask(master, 'INFO', 'replication')).to.match(online));
}

async function untilLevel(master: RedisServer, replica: RedisServer): Promise<void> {
  await eventually(async () => expect(await offsetOf(replica)).to.equal(await offsetOf(master)));
}

async function offsetOf(server: RedisServer): Promise<string | undefined> {
  return /master_repl_offset:(\d+)/.exec(await ask(server, 'INFO', 'replication'))?.[1];
}

function ask({ url }: RedisServer, ...command: string[]): Promise<string> {
  return askNode(url, async (node) => String(await node.sendCommand(command)));
}
