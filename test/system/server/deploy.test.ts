import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Child, startChild } from '../../../local/children/child.ts';
import { requireProgram } from '../../../local/children/programs.ts';
import { freePorts } from '../../../local/ports.ts';
import { ROLES, startProcess } from '../../../local/processes.ts';
import { projectRoot } from '../../../local/project-root.ts';
import { waitForReadiness } from '../../../local/stack/readiness.ts';
import { type Api, createApi } from '../../support/api.ts';
import { PATIENCE, REDIS_PATIENCE } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

/** What stands in a Prosody's own configuration, before what an operator adds for Earshot. */
const OWN = (folder: string, clients: number) => `
pidfile = "${folder}/prosody.pid"
data_path = "${folder}/data"
log = { warn = "${folder}/prosody.log" }
run_as_root = true
modules_enabled = { "roster"; "saslauth"; "disco" }
modules_disabled = { "s2s" }
c2s_interfaces = { "127.0.0.1" }
c2s_ports = { ${clients} }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
http_ports = {}
https_ports = {}
`;

describe('the files in deploy/', () => {
  const children: Child[] = [];
  let folder: string;
  let xmpp: { port: number; domain: string };
  let api: Api;
  let gatewayUrl: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earshot-deploy-'));
    const [redis, clients, components, http] = (await freePorts(4)) as [number, number, number, number];
    xmpp = { port: clients, domain: 'op.example' };
    gatewayUrl = `http://127.0.0.1:${http}`;
    await startRedis(redis);
    await startProsody(clients, components);
    const operatorKey = 'k'.repeat(32);
    const env = {
      EARSHOT_REDIS_URL: `redis://:change-me@127.0.0.1:${redis}`,
      EARSHOT_REDIS_PATIENCE_MS: REDIS_PATIENCE,
      EARSHOT_HOME_HOST: xmpp.domain,
      EARSHOT_COMPONENT_SERVICE: `xmpp://127.0.0.1:${components}`,
      EARSHOT_COMPONENT_SECRET: 'change me',
      EARSHOT_OPERATOR_KEY: operatorKey,
      EARSHOT_NUMBER_KEY: 'ab'.repeat(32),
      EARSHOT_SECRETS_KEY: 'cd'.repeat(32),
      EARSHOT_DRAIN_SECONDS: '0',
      EARSHOT_HTTP_PORT: `${http}`,
    };
    for (const role of ROLES) children.push(await startProcess({ role, env, logFile: join(folder, `${role}.log`) }));
    await waitForReadiness(gatewayUrl, { timeoutMs: PATIENCE, children });
    api = createApi({ gatewayUrl, operatorKey });
  });

  after(async () => {
    for (const child of children.reverse()) await child.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const deployed = (file: string) => join(projectRoot(), 'deploy', file);

  async function start(name: string, program: string, args: string[]): Promise<void> {
    const logFile = join(folder, `${name}.out`);
    const options = { program: requireProgram(program, program), args, env: process.env, logFile, cwd: folder };
    children.push(await startChild({ name, ...options, deathSignal: 'TERM' }));
  }

  async function startRedis(port: number): Promise<void> {
    await start('Redis', 'redis-server', [deployed('redis-earshot.conf'), '--port', `${port}`, '--dir', folder]);
  }

  async function startProsody(clients: number, components: number): Promise<void> {
    const added = await readFile(deployed('prosody-earshot.cfg.lua'), 'utf8');
    expect(added).to.contain('component_ports = { 5347 }');
    await mkdir(join(folder, 'data'));
    const file = join(folder, 'prosody.cfg.lua');
    await writeFile(file, OWN(folder, clients) + added.replace('{ 5347 }', `{ ${components} }`));
    await start('Prosody', 'prosody', ['-F', '--config', file]);
  }

  it('are all that a Redis and a Prosody need for friends to see what is played', async () => {
    expect(await (await fetch(`${gatewayUrl}/readyz`)).json()).to.deep.equal({
      status: 'ready',
      missing: [],
      mode: 'privileged',
      standby: 0,
    });
    const [alice, bob] = await joinFriends(api);
    const bobs = await connectFriend({ xmpp }, bob);
    await bobs.item(alice.jid, (item) => expect(item).to.include({ name: 'Alice', subscription: 'both' }));
    await api.play(alice, { title: 'From the box' });
    await bobs.hears(alice.jid, 'From the box');
    await bobs.leave();
  });
});
