import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { createChoice } from '../../../component/server/choice.ts';
import { readServers, type ServersConfig } from '../../../component/server/kinds.ts';
import { NO_RIGHTS, readRights } from '../../../component/server/privileges.ts';
import type { XmppServer } from '../../../component/server/server.ts';
import { untilHeard } from '../../../component/stream/ping.ts';
import { createStream, type Stream } from '../../../component/stream/stream.ts';
import type { Element } from '../../../component/stream/xml.ts';
import { freePort } from '../../../local/ports.ts';
import type { XmppServer as RunningServer } from '../../../local/xmpp-server.ts';
import { SERVERS, type ServerName, type ServerSettings, startServer } from '../../../local/xmpp-servers.ts';
import { createReader } from '../../../runtime/config/env-reader.ts';
import { eventually } from '../../support/eventually.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

/** A component of its own on a real server: nothing of Earshot but the stream and the adapter that was chosen. */
export type UnderTest = {
  readonly server: XmppServer;
  /** The one that there is now. */
  readonly stream: Stream;
  /** The component's. */
  domain: string;
  xmpp: { port: number; domain: string };
  /** Every message and presence that has come to the component since it connected. */
  readonly heard: Element[];
  /** An account that the server's own tool has made. */
  account(name: string): Promise<{ jid: string; password: string }>;
  /** The component leaves and comes back. */
  reconnect(): Promise<void>;
  stop(): Promise<void>;
};

export const SECRET = 'a secret';

/** Starts a server of that kind and connects to it, once it has said what the component may do. */
export async function startUnderTest(kind: ServerName, settings: ServerSettings): Promise<UnderTest> {
  const dir = await mkdtemp(join(tmpdir(), 'earshot-server-'));
  const api = { apiPort: await freePort(), apiPassword: 'password of the API' };
  const running = await startServer(kind, { dir, componentSecret: SECRET, ...api }, settings);
  const { domain } = running;
  const servers = readServers(createReader(SERVERS[kind].env({ domain, ...api })));
  let connection = await connect(kind, running, servers);
  return {
    get server() {
      return connection.server;
    },
    get heard() {
      return connection.heard;
    },
    get stream() {
      return connection.stream;
    },
    domain: running.componentDomain,
    xmpp: { port: running.c2sPort, domain },
    async account(name) {
      const person = { jid: `${name}@${domain}`, password: `password of ${name}` };
      await running.makeAccount(person.jid, person.password);
      return person;
    },
    async reconnect() {
      await connection.stream.stop();
      connection = await connect(kind, running, servers);
    },
    async stop() {
      await connection.stream.stop();
      await running.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function connect(
  kind: ServerName,
  { domain: homeHost, componentDomain: domain, componentPort }: RunningServer,
  servers: ServersConfig,
) {
  const log = pino({ level: 'silent' });
  const service = `xmpp://127.0.0.1:${componentPort}`;
  const stream = createStream({ service, domain, secret: SECRET, homeHost }, log);
  const heard: Element[] = [];
  let rights = NO_RIGHTS;
  const distrust = () => expect.fail('the server stores something else than it says');
  const seemsOnline = () => true;
  const connection = { stream, domain, homeHost, secret: SECRET, log, seemsOnline, distrust };
  const choose = createChoice(connection, { privileges: 'optional', ...servers });
  stream.onStanza((stanza) => {
    heard.push(stanza);
    rights = readRights(stanza, homeHost) ?? rights;
  });
  const online = new Promise<void>((resolve) => stream.onOnline(resolve));
  stream.start();
  await online;
  // What it announces at the beginning has come when it answers.
  await untilHeard(stream, homeHost);
  // ejabberd announces them whenever it comes to it.
  if (kind === 'ejabberd') await eventually(() => expect(rights).to.not.equal(NO_RIGHTS));
  const { server } = await choose(rights);
  if (!server) throw new Error('no adapter was chosen');
  return { server, heard, stream };
}

export type Person = { jid: string; password: string };

/** Two people with an account and a client each; where there are rosters they can be made friends. */
export type Pair = { mine: Person; theirs: Person; me: FriendClient; them: FriendClient; leave(): Promise<void> };

export async function connectPair(world: UnderTest, name: string): Promise<Pair> {
  const [mine, theirs] = [await world.account(name), await world.account(`friend-of-${name}`)];
  const [me, them] = [await connectFriend(world, mine), await connectFriend(world, theirs)];
  return {
    mine,
    theirs,
    me,
    them,
    async leave() {
      await me.leave();
      await them.leave();
    },
  };
}

/** Puts each of the two into the other's roster. */
export async function befriend({ server }: UnderTest, { mine, theirs }: Pick<Pair, 'mine' | 'theirs'>): Promise<void> {
  for (const [one, other] of [
    [mine.jid, theirs.jid],
    [theirs.jid, mine.jid],
  ] as const)
    await server.rosters?.set(one, { jid: other, subscription: 'both', name: '', groups: [] }, undefined);
}
