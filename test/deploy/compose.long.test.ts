import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { kamailioConfig } from '../../bench/sip/kamailio-config.ts';
import { readServers } from '../../component/server/kinds.ts';
import { findProgram } from '../../local/children/programs.ts';
import { projectRoot } from '../../local/project-root.ts';
import { toComponentConfig } from '../../runtime/config/component-config.ts';
import { toGatewayConfig } from '../../runtime/config/gateway-config.ts';
import { toSipConfig } from '../../runtime/config/sip-config.ts';
import { toWorkerConfig } from '../../runtime/config/worker-config.ts';
import { eventually } from '../support/eventually.ts';
import { COMPOSE_FILE, type ComposeFile, newEnv, readCompose, withSip } from './compose-file.ts';
import { type ComposeMachine, startCompose } from './compose-machine.ts';
import { canBoot } from './machine.ts';

describe('deploy/compose/compose.yaml', () => {
  const env = withSip(newEnv('op.example'));
  let file: ComposeFile;

  before(() => {
    file = readCompose(env);
  });

  it('has no process for a presence server, and no user of Redis for it, unless it is asked for', () => {
    const { services } = readCompose(newEnv('op.example'));
    expect(Object.keys(services)).to.not.include('sip');
    expect(services.redis?.environment.SIP_PASSWORD).to.equal('');
  });

  it('has services without rights, which write nothing but what they keep, and no secret of its own', async () => {
    expect(Object.keys(file.services)).to.have.members(['redis', 'prosody', 'component', 'gateway', 'worker', 'sip']);
    for (const [name, service] of Object.entries(file.services)) {
      expect(service, name).to.deep.include({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(service.user, name).to.match(/^(?!root|0(?::|$))\w+(?::\d+)?$/);
    }
    const text = await readFile(COMPOSE_FILE, 'utf8');
    expect(text).to.not.match(/change.me|[0-9a-f]{32}/);
    expect(() => readCompose({ ...env, NUMBER_KEY: '' })).to.throw('NUMBER_KEY');
  });

  it('gives each process settings that it takes, and no secret that is not its own', () => {
    const { component, gateway, worker, sip } = file.services;
    toComponentConfig(component?.environment ?? {}, readServers);
    toGatewayConfig(gateway?.environment ?? {});
    toWorkerConfig(worker?.environment ?? {});
    expect(toSipConfig(sip?.environment ?? {}).login).to.include({ user: 'earshot' });
    for (const [service, others] of [
      [component, ['OPERATOR_KEY', 'REDIS_ADMINISTRATOR_PASSWORD', 'REDIS_GATEWAY_PASSWORD', 'REDIS_WORKER_PASSWORD']],
      [gateway, ['COMPONENT_SECRET', 'REDIS_ADMINISTRATOR_PASSWORD', 'REDIS_COMPONENT_PASSWORD']],
      [worker, ['OPERATOR_KEY', 'COMPONENT_SECRET', 'REDIS_ADMINISTRATOR_PASSWORD', 'REDIS_GATEWAY_PASSWORD']],
      [sip, ['OPERATOR_KEY', 'COMPONENT_SECRET', 'REDIS_ADMINISTRATOR_PASSWORD', 'REDIS_GATEWAY_PASSWORD']],
      ...[component, gateway, worker].map((one) => [one, ['REDIS_SIP_PASSWORD', 'SIP_PASSWORD']] as const),
      [file.services.prosody, ['NUMBER_KEY', 'SECRETS_KEY', 'OPERATOR_KEY', 'REDIS_GATEWAY_PASSWORD']],
      [file.services.redis, ['NUMBER_KEY', 'SECRETS_KEY', 'OPERATOR_KEY', 'COMPONENT_SECRET']],
    ] as const)
      for (const name of others) expect(Object.values(service?.environment ?? {}).join()).to.not.include(env[name]);
  });

  it('is taken by Compose, where there is one', function () {
    if (findProgram('docker-compose') === undefined) this.skip();
    const said = execFileSync('docker-compose', ['-f', COMPOSE_FILE, 'config'], {
      encoding: 'utf8',
      cwd: projectRoot(),
      env: { ...process.env, ...env },
    });
    expect(said).to.include('dist/gateway/main.js');
  });

  it('lets a tune through, to a presence server as well, with users of its own and read-only roots', async function () {
    if (!canBoot() || ['prosody', 'kamailio'].some((name) => findProgram(name) === undefined)) this.skip();
    await readFile(join(projectRoot(), 'dist', 'gateway', 'main.js'));
    let machine: ComposeMachine | undefined;
    const folder = await mkdtemp(join(tmpdir(), 'earshot-presence-'));
    const login = { user: 'earshot', password: 'of-the-presence-server' };
    try {
      machine = await startCompose(
        readCompose({ ...env, SIP_SERVER: 'tcp://127.0.0.1:5060', SIP_PASSWORD: login.password }),
      );
      const { run, beside, isWell, logs } = machine;
      await writeFile(join(folder, 'kamailio.cfg'), kamailioConfig({ port: 5060, login }));
      await beside(
        'kamailio',
        'kamailio',
        '-DD',
        '-E',
        '-f',
        join(folder, 'kamailio.cfg'),
        '-P',
        join(folder, 'pid'),
        '-Y',
        folder,
      );
      for (const name of ['redis', 'prosody', 'gateway'])
        await eventually(async () => expect(await isWell(name), `${name}\n${logs()}`).to.equal(true));
      const ask = async (method: string, path: string, body?: object) => {
        const key = `Authorization: Bearer ${env.OPERATOR_KEY}`;
        const sent = body ? ['-H', 'Content-Type: application/json', '-d', JSON.stringify(body)] : [];
        const text = await run(
          'curl',
          '-fsS',
          '-X',
          method,
          '-H',
          key,
          ...sent,
          `http://127.0.0.1:8080/v1/subscribers${path}`,
        );
        return text === '' ? {} : JSON.parse(text);
      };
      const numbers = ['+14155550100', '+14155550101'];
      const [alice, bob] = await Promise.all(
        numbers.map(
          async (phoneNumber) => (await ask('POST', '', { phoneNumber, displayName: phoneNumber })).subscriberId,
        ),
      );
      for (const [id, name] of [
        [alice, numbers[1]],
        [bob, numbers[0]],
      ])
        await ask('PUT', `/${id}/address-book`, { contacts: [{ name, phoneNumbers: [name] }] });
      await ask('PUT', `/${alice}/now-playing`, { kind: 'audio', title: 'Composed', length: 300 });
      await eventually(async () =>
        expect((await ask('GET', `/${bob}/friends`)).friends[0]?.nowPlaying, logs()).to.include({ title: 'Composed' }),
      );
      // What Prosody and the presence server have, and not only Redis.
      await eventually(async () => {
        const metrics = await run(
          'curl',
          '-fsS',
          '-H',
          `Authorization: Bearer ${env.OPERATOR_KEY}`,
          'http://127.0.0.1:8080/metrics',
        );
        expect(metrics).to.match(/^earshot_tune_publishes_total\{what="tune",outcome="done"[^}]*\} 1$/m);
        expect(metrics, logs()).to.match(/^earshot_sip_publishes_total\{what="publish",outcome="accepted"[^}]*\} 1$/m);
      });
    } finally {
      await machine?.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
