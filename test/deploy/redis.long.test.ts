import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Child, startChild } from '../../local/children/child.ts';
import { requireProgram } from '../../local/children/programs.ts';
import { freePort } from '../../local/ports.ts';
import { type EarshotProcess, type Role, startProcess } from '../../local/processes.ts';
import { projectRoot } from '../../local/project-root.ts';
import { askNode } from '../../runtime/redis/redis-node.ts';
import { createApi } from '../support/api.ts';
import { runEarshot } from '../support/earshot-command.ts';
import { eventually } from '../support/eventually.ts';
import { joinFriends } from '../support/pair.ts';
import { startTestStack } from '../support/stack.ts';
import { connectFriend } from '../support/xmpp/friend-client.ts';

/** The example is for the end of this one. */
const DEBIANS = '/etc/redis/redis.conf';
const ROLES: readonly Role[] = ['component', 'gateway', 'worker'];
/** And the one that is for few, and off. */
const ALL: readonly Role[] = [...ROLES, 'sip'];
/** What no process may do: other keys and channels, all keys, Redis itself, other clients. */
const FORBIDDEN = [
  'GET other:key',
  'SET other:key v',
  'EVAL return(redis.call("GET","other:key")) 0',
  'SUBSCRIBE other',
  'KEYS *',
  'SCAN 0',
  'RANDOMKEY',
  'FLUSHALL',
  'CONFIG GET dir',
  'ACL LIST',
  'MONITOR',
  'SHUTDOWN',
  'CLIENT KILL TYPE normal',
  'SCRIPT FLUSH',
  'REPLICAOF NO ONE',
];

describe('deploy/redis-earshot.conf', () => {
  let folder: string;
  let port: number;
  let server: Child;
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let gateway: ReturnType<typeof createApi>;
  const processes: EarshotProcess[] = [];

  const urlOf = (user: Role | 'default') =>
    user === 'default'
      ? `redis://:change-me@127.0.0.1:${port}`
      : `redis://earshot-${user}:change-me-${user}@127.0.0.1:${port}`;
  const ask = (user: Role | 'default', words: string[]) =>
    askNode(urlOf(user), (node) => node.sendCommand<unknown>(words));

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earshot-redis-conf-'));
    port = await freePort();
    const conf = await readFile(join(projectRoot(), 'deploy', 'redis-earshot.conf'), 'utf8');
    const file = join(folder, 'redis.conf');
    const own = conf.replace(/^port .*/m, `port ${port}`).replace(/^dir .*/m, `dir ${folder}`);
    await writeFile(file, (existsSync(DEBIANS) ? await readFile(DEBIANS, 'utf8') : '') + own);
    server = await startChild({
      name: 'Redis',
      program: requireProgram('redis-server', 'redis-server'),
      args: [file, '--daemonize', 'no', '--logfile', '', '--pidfile', join(folder, 'redis.pid')],
      env: process.env,
      logFile: join(folder, 'redis.log'),
      deathSignal: 'TERM',
    });
    await eventually(() => {
      expect(server.exit(), server.logTail().join('\n')).to.equal(undefined);
      return ask('default', ['PING']);
    });
    stack = await startTestStack({ redisUrl: urlOf('gateway') });
    for (const role of ['component', 'worker'] as const) {
      await stack.process(role).stop();
      const logFile = join(folder, `${role}.log`);
      processes.push(await startProcess({ role, env: { ...stack.env, EARSHOT_REDIS_URL: urlOf(role) }, logFile }));
    }
    gateway = createApi(stack);
    await eventually(() => gateway.expectStatus(200, gateway.call('GET', '/readyz')));
  });

  after(async () => {
    for (const one of processes) await one.stop();
    await stack?.stop();
    await server?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  it('lets three processes with a user each show a friend what somebody plays', async () => {
    const [alice, bob] = await joinFriends(gateway);
    const bobs = await connectFriend(stack, bob);
    await gateway.play(alice, { title: 'By three users' });
    await bobs.hears(alice.jid, 'By three users');
    await bobs.leave();
    const clients = (await ask('default', ['CLIENT', 'LIST'])) as string;
    for (const role of ROLES) expect(clients).to.contain(`user=earshot-${role}`);
    expect(await ask('default', ['ACL', 'LOG'])).to.deep.equal([]);
  });

  it('lets nobody in as the user that few need, until it is turned on', async () => {
    const refusal = await ask('sip', ['PING']).catch((err: Error) => err.message);
    expect(refusal).to.match(/WRONGPASS/);
    expect(await ask('default', ['ACL', 'SETUSER', 'earshot-sip', 'on'])).to.equal('OK');
    expect(await ask('sip', ['PING'])).to.equal('PONG');
    await ask('default', ['ACL', 'LOG', 'RESET']);
  });

  it('gives each all the rights that the doctor looks for', async () => {
    for (const role of ALL) {
      const { out } = await runEarshot(['doctor', '--json'], { ...stack.env, EARSHOT_REDIS_URL: urlOf(role) });
      const told = (JSON.parse(out) as { check: string; level: string; what: string }[]).filter(({ check }) =>
        check.startsWith('redis'),
      );
      expect(told.find(({ check }) => check === 'redis-rights')?.what).to.contain('may do all that Earshot does');
      expect(told.filter(({ level }) => level === 'fault')).to.deep.equal([]);
    }
  });

  it('refuses them everything else', async () => {
    for (const role of ALL)
      for (const line of FORBIDDEN) {
        const refusal = await ask(role, line.split(' ')).then(
          (answer) => `answered ${answer}`,
          (err: Error) => err.message,
        );
        expect(refusal, `${role}: ${line}`).to.match(/NOPERM|No permissions|can't access/i);
      }
  });
});
