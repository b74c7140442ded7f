import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createClient } from 'redis';
import { examine, type Told } from '../../../cli/doctor/examine.ts';
import type { Level } from '../../../cli/doctor/finding.ts';
import { createPatient, ROLES } from '../../../cli/doctor/patient.ts';
import { requireProgram } from '../../../local/children/programs.ts';
import { freePort } from '../../../local/ports.ts';
import { ALL_PRIVILEGES, type Privileges } from '../../../local/prosody/prosody-config.ts';
import { type RedisServer, startRedis } from '../../../local/redis/redis-server.ts';
import { eventually } from '../../support/eventually.ts';
import { writeCertificate } from '../../support/http/certificate.ts';
import { useStack } from '../../support/stack.ts';

/** What is wrong, which check says so, in which words; with what settings. */
type Mistake = [what: string, check: string, sentence: RegExp, settings: Record<string, string>, level?: Level];

describe('earshot doctor finds what is set up wrongly, and names the mend', () => {
  const rights: { privileges: Privileges } = { privileges: ALL_PRIVILEGES };
  const stack = useStack({ server: 'prosody', prosody: rights });
  let folder: string;
  let other: RedisServer;
  let stranger: Server;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earshot-doctor-'));
    other = await startRedis({ dir: join(folder, 'redis'), settings: ['databases 4'] });
    // Whatever it is asked, it is no Earshot.
    stranger = createServer((_request, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  });

  after(async () => {
    await other?.stop();
    stranger?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const webhookSecret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const secrets = () => [
    stack.operatorKey,
    stack.redis().password,
    other.password,
    webhookSecret,
    'p4ssw0rd',
    ...['COMPONENT_SECRET', 'NUMBER_KEY', 'SECRETS_KEY'].map((name) => stack.env[`EARSHOT_${name}`] ?? ''),
  ];

  async function tell(settings: Record<string, string> = {}): Promise<Told[]> {
    const patient = createPatient({ ...stack.env, ...settings }, ROLES);
    const told: Told[] = [];
    for await (const one of examine(patient)) told.push(one);
    await patient.close();
    return told;
  }

  async function finds([what, check, sentence, settings, level = 'fault']: Mistake): Promise<void> {
    const told = await tell(settings);
    const text = JSON.stringify(told, undefined, 1);
    const found = told.some((one) => one.check === check && one.level === level && sentence.test(one.what));
    expect(found, `${what}: ${text}`).to.equal(true);
    for (const secret of secrets()) expect(text, what).to.not.contain(secret);
  }

  const strangerPort = () => `${(stranger.address() as AddressInfo).port}`;
  const componentPort = () => new URL(stack.env.EARSHOT_COMPONENT_SERVICE ?? '').port;
  const redisOf = ({ password, port }: RedisServer, user = '', scheme = 'redis') =>
    `${scheme}://${user}:${user === '' ? password : 'p4ssw0rd'}@127.0.0.1:${port}`;
  const atOther = () => ({ EARSHOT_REDIS_URL: redisOf(other) });

  async function withOther(words: string[][], look: () => Promise<void>, undo: string[][]): Promise<void> {
    const client = await createClient({ url: redisOf(other) }).connect();
    try {
      for (const command of words) await client.sendCommand(command);
      await look();
    } finally {
      for (const command of undo) await client.sendCommand(command);
      client.destroy();
    }
  }

  it('in the settings', async () => {
    await finds(['a slip', 'configuration', /is EARSHOT_TRUSTED_PROXIES meant/, { EARSHOT_TRUSTED_PROXY: '10.0.0.1' }]);
    await finds([
      'a short key',
      'configuration',
      /EARSHOT_SECRETS_KEY must be 32 random bytes/,
      { EARSHOT_SECRETS_KEY: 'short' },
    ]);
    await finds([
      'no secret',
      'configuration',
      /EARSHOT_COMPONENT_SECRET is not set/,
      { EARSHOT_COMPONENT_SECRET: '' },
    ]);
    await finds([
      'another number key',
      'keys',
      /EARSHOT_NUMBER_KEY is not the key of this data.*Give the right one/,
      { EARSHOT_NUMBER_KEY: 'ab'.repeat(32) },
    ]);
    await finds([
      'another key of secrets',
      'keys',
      /EARSHOT_SECRETS_KEY is not the key of this data.*Give the right one/,
      { EARSHOT_SECRETS_KEY: 'cd'.repeat(32) },
    ]);
    await finds([
      'other homes',
      'homes',
      /runs with other EARSHOT_HOMES .*give all processes the same/,
      { EARSHOT_HOMES: 'op.example brand.example' },
    ]);
    await finds([
      'another home',
      'homes',
      /the gateway on .* has EARSHOT_HOME_HOST op.example, and these settings have other.example: give all/,
      { EARSHOT_HOME_HOST: 'other.example' },
    ]);
    await finds([
      'the component is the home',
      'configuration',
      /EARSHOT_COMPONENT_DOMAIN must not be EARSHOT_HOME_HOST/,
      { EARSHOT_COMPONENT_DOMAIN: 'op.example' },
    ]);
    for (const [name, url] of [
      ['COMPONENT_SERVICE', 'xmpp://tune:p4ssw0rd@127.0.0.1:1'],
      ['PUBLIC_URL', 'https://me:p4ssw0rd@tune.invalid'],
      ['SMS_WEBHOOK_URL', 'https://me:p4ssw0rd@sms.invalid/p4ssw0rd'],
      ['OAUTH_ISSUER', 'https://me:p4ssw0rd@login.invalid'],
      ['EJABBERD_API', 'http://me:p4ssw0rd@127.0.0.1:1/api'],
    ] as const)
      await finds([
        `a password in ${name}`,
        'configuration',
        new RegExp(`EARSHOT_${name} must`),
        { [`EARSHOT_${name}`]: url },
      ]);
  });

  it('in settings that others have otherwise', async () => {
    await finds([
      'another policy',
      'settings',
      /the worker on .* has EARSHOT_POLICY mutual, and these settings have either: give all/,
      { EARSHOT_POLICY: 'either' },
    ]);
    await finds([
      'another consent',
      'settings',
      /the gateway on .* has EARSHOT_CONSENT operator, and these settings have subscriber: give all/,
      { EARSHOT_CONSENT: 'subscriber' },
    ]);
    await finds([
      'another secret',
      'settings',
      /the component on .* runs with another EARSHOT_COMPONENT_SECRET than these settings/,
      { EARSHOT_COMPONENT_SECRET: 'another' },
    ]);
  });

  it('in the way to Redis', async () => {
    await finds([
      'nobody there',
      'redis',
      /no Redis can be reached at 127.0.0.1:1 \(EARSHOT_REDIS_URL\)/,
      { EARSHOT_REDIS_URL: 'redis://127.0.0.1:1' },
    ]);
    await finds([
      'another password',
      'redis',
      /wants another user or password/,
      { EARSHOT_REDIS_URL: `redis://:no@127.0.0.1:${other.port}` },
    ]);
    await finds([
      'TLS',
      'redis',
      /does not speak TLS: write redis:/,
      { EARSHOT_REDIS_URL: redisOf(other, '', 'rediss') },
    ]);
    await finds([
      'no Redis',
      'redis',
      /does not speak as a Redis/,
      { EARSHOT_REDIS_URL: `redis://127.0.0.1:${componentPort()}` },
    ]);
    for (const password of ['p4ssw0rd%', 'p4ssw0rd/', 'p4ssw0rd#'])
      await finds([
        `a sign in ${password}`,
        'configuration',
        /EARSHOT_REDIS_URL must be redis:.*%25 stands for a %/,
        { EARSHOT_REDIS_URL: `redis://:${password}@127.0.0.1:${other.port}` },
      ]);
    await finds([
      'a database that is not there',
      'redis',
      /has no database 99: name another at the end of EARSHOT_REDIS_URL/,
      { EARSHOT_REDIS_URL: `${redisOf(other)}/99` },
    ]);
    await finds([
      'another prefix',
      'processes',
      /no process is heard of .* or EARSHOT_REDIS_PREFIX is another/,
      { EARSHOT_REDIS_PREFIX: 'other' },
      'warning',
    ]);
    await withSentinel(async (port) =>
      finds([
        'a Sentinel',
        'redis',
        /is a Sentinel.*name in EARSHOT_REDIS_URL the Redis/,
        { EARSHOT_REDIS_URL: `redis://127.0.0.1:${port}` },
      ]),
    );
  });

  it('in Redis', async () => {
    const set = (name: string, value: string) => [['CONFIG', 'SET', name, value]];
    await withOther(
      set('maxmemory-policy', 'allkeys-lru'),
      () => finds(['eviction', 'redis', /set maxmemory-policy noeviction/, atOther()]),
      set('maxmemory-policy', 'noeviction'),
    );
    await withOther(
      set('appendonly', 'no'),
      () => finds(['no file', 'redis', /set appendonly yes/, atOther()]),
      set('appendonly', 'yes'),
    );
    await withOther(
      set('appendfsync', 'no'),
      () => finds(['no sync', 'redis-disk', /Set appendfsync always/, atOther(), 'warning']),
      set('appendfsync', 'always'),
    );
    await withOther(
      set('maxmemory', '100kb'),
      () => finds(['no memory', 'redis-memory', /raise maxmemory/, atOther()]),
      set('maxmemory', '0'),
    );
    await withOther(
      [['REPLICAOF', '127.0.0.1', '1']],
      () => finds(['a replica', 'redis-replicas', /is a replica.*name its master, 127.0.0.1:1,/, atOther()]),
      [['REPLICAOF', 'NO', 'ONE']],
    );
    await withOther(
      [
        ['SELECT', '2'],
        ['HSET', 'earshot:agreement', 'data', '1'],
      ],
      () =>
        finds([
          'another database',
          'redis-database',
          /keeps data in database 2, too, and these settings name 0: give all processes/,
          atOther(),
          'warning',
        ]),
      [['FLUSHALL']],
    );
  });

  it('and leaves the XMPP server alone where the component may be heard of elsewhere', async () => {
    await finds([
      'an empty Redis',
      'xmpp',
      /was not tried, as this Redis has no data.*--connect$/,
      atOther(),
      'warning',
    ]);
    await finds([
      'no Redis',
      'xmpp',
      /was not tried, as where Redis cannot be asked/,
      { EARSHOT_REDIS_URL: 'redis://127.0.0.1:1' },
      'warning',
    ]);
    const nobody = { ...atOther(), EARSHOT_COMPONENT_SERVICE: 'xmpp://127.0.0.1:1' };
    await finds(['nobody there', 'xmpp', /no XMPP server can be reached/, nobody]);
    expect(await readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8')).to.not.contain('another component');
  });

  it('in the rights of the user of Redis', async () => {
    const user = (...rules: string[]) => [['ACL', 'SETUSER', 'small', 'reset', 'on', '>p4ssw0rd', ...rules]];
    const small = { EARSHOT_REDIS_URL: redisOf(other, 'small') };
    const says = (sentence: RegExp) => () => finds([`${sentence}`, 'redis-rights', sentence, small]);
    const drop = [['ACL', 'DELUSER', 'small']];
    await withOther(
      user('~*', '&*', '+@all', '-hset', '-script|load'),
      says(/ACL SETUSER\): \+hset \+script\|load$/),
      drop,
    );
    await withOther(
      user('~earshot:*', '&earshot:*', '+@all'),
      says(/ACL SETUSER\): ~earshot:\* ~\{earshot:queue\}:\*$/),
      drop,
    );
    await withOther(user('~*', '+@all'), says(/ACL SETUSER\): &earshot:\*$/), drop);
    await withOther(user('~*', '&*', '+@all', '-multi'), says(/ACL SETUSER\): \+multi \+exec \+discard$/), drop);
    await withOther(
      user('~*', '&*', '+@all', '-info'),
      () => finds(['no INFO', 'redis', /may not do what Earshot needs \(ACL\)/, small]),
      drop,
    );
  });

  it('in what the gateway and the worker meet', async () => {
    const { certFile, keyFile } = await writeCertificate(folder, 'op.example');
    await finds([
      'a foreign address',
      'ports',
      /EARSHOT_HTTP_HOST is no address of this machine/,
      { EARSHOT_HTTP_HOST: '192.0.2.1' },
    ]);
    await finds([
      'a port that is taken',
      'ports',
      /another program has .*choose another EARSHOT_HTTP_PORT/,
      { EARSHOT_HTTP_PORT: strangerPort() },
    ]);
    await finds([
      'a port that browsers refuse',
      'ports',
      /no browser connects to port 10080.*choose another EARSHOT_HTTP_PORT/,
      { EARSHOT_HTTP_PORT: '10080' },
      'warning',
    ]);
    await finds([
      'a metrics port that is taken',
      'ports',
      /choose another EARSHOT_METRICS_LISTEN/,
      { EARSHOT_METRICS_LISTEN: strangerPort() },
    ]);
    const tls = { EARSHOT_TLS_CERT_FILE: certFile, EARSHOT_TLS_KEY_FILE: keyFile };
    await finds([
      'certificate and key in turn',
      'certificate',
      /are not a certificate chain and its key/,
      { EARSHOT_TLS_CERT_FILE: keyFile, EARSHOT_TLS_KEY_FILE: certFile },
    ]);
    await finds(['a certificate that ends', 'certificate', /is good for \d days more: renew it/, tls, 'warning']);
    await finds([
      'a certificate of another name',
      'certificate',
      /is not for tune.invalid, .*have one made for it/,
      { ...tls, EARSHOT_PUBLIC_URL: 'https://tune.invalid' },
    ]);
    const sms = { EARSHOT_SMS_WEBHOOK_SECRET: webhookSecret, EARSHOT_CODE_COUNTRIES: '*' };
    await finds([
      'no webhook',
      'sms-webhook',
      /EARSHOT_SMS_WEBHOOK_URL cannot be reached from here \(nobody listens there\)/,
      { ...sms, EARSHOT_SMS_WEBHOOK_URL: 'http://127.0.0.1:1/sms' },
    ]);
    await finds([
      'no TLS at the webhook',
      'sms-webhook',
      /no TLS is spoken there/,
      { ...sms, EARSHOT_SMS_WEBHOOK_URL: `https://127.0.0.1:${strangerPort()}/sms` },
    ]);
    const issuer = { EARSHOT_OAUTH_ISSUER: 'https://login.invalid', EARSHOT_OAUTH_AUDIENCE: 'earshot' };
    await finds(['no issuer', 'issuers', /keys of EARSHOT_OAUTH_ISSUER cannot be had from login.invalid/, issuer]);
    await finds([
      'no keys',
      'issuers',
      /EARSHOT_OAUTH_JWKS_URL cannot be had from 127.0.0.1:\d+ \(it answers 404\)/,
      { ...issuer, EARSHOT_OAUTH_JWKS_URL: `http://127.0.0.1:${strangerPort()}/keys` },
    ]);
    const noKey = join(folder, 'no-key.pem');
    await writeFile(noKey, 'no key');
    await finds([
      'a file without a key',
      'issuers',
      /is no JWKS and no public key/,
      {
        EARSHOT_ASSERTION_ISSUER: 'https://carrier.example',
        EARSHOT_ASSERTION_JWKS_URL: `file://${noKey}`,
        EARSHOT_ASSERTION_AUDIENCE: 'earshot',
      },
    ]);
    await finds([
      'a public address of others',
      'public-address',
      /does not lead to a gateway \(404 at \/livez\): mend it/,
      { EARSHOT_PUBLIC_URL: `http://127.0.0.1:${strangerPort()}` },
    ]);
    await finds([
      'proxies that are everybody',
      'public-address',
      /EARSHOT_TRUSTED_PROXIES names all addresses/,
      { EARSHOT_TRUSTED_PROXIES: '10.0.0.1, 0.0.0.0/0' },
    ]);
    await finds([
      'a proxy that nobody names',
      'public-address',
      /name it in EARSHOT_TRUSTED_PROXIES/,
      { EARSHOT_PUBLIC_URL: 'https://tune.invalid' },
    ]);
  });

  it('in a proxy that keeps event streams to itself', async () => {
    const proxy = createServer(async ({ url }, response) => {
      const answer = await fetch(stack.gatewayUrl + url);
      const whole = Buffer.from(await answer.arrayBuffer());
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(whole);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const sentence = /event streams do not get through.*proxy_buffering off/;
    await finds(['buffering', 'event-stream', sentence, { EARSHOT_PUBLIC_URL: `http://127.0.0.1:${port}` }]);
    proxy.close();
  });

  it('in the fleet', async () => {
    await stack.kill('worker');
    await eventually(() => finds(['no worker', 'processes', /no worker is heard of: start one/, {}]));
    await stack.restart('worker');
    await stack.untilReady();
  });

  it('on the XMPP server, by what a component says that runs', async () => {
    rights.privileges = { ...ALL_PRIVILEGES, roster: 'none' };
    await stack.restart('server');
    await eventually(() =>
      finds(['no rosters', 'xmpp', /waits for the right roster \(both\) [\s\S]*roster = "both";/, {}]),
    );
  });

  it('on the XMPP server, by what it finds itself where no component runs', async () => {
    const service = (port: string | number) => ({ EARSHOT_COMPONENT_SERVICE: `xmpp://127.0.0.1:${port}` });
    await stack.kill('component');
    await eventually(() =>
      finds([
        'no rosters',
        'xmpp',
        /no component runs; one that .* waits for the right roster \(both\) [\s\S]*roster = "both";/,
        {},
      ]),
    );
    rights.privileges = ALL_PRIVILEGES;
    await stack.restart('server');
    expect((await tell()).filter(({ check }) => check === 'xmpp')).to.deep.equal([
      {
        check: 'xmpp',
        level: 'ok',
        what: 'no component runs; one that this command started is connected, with every right',
      },
    ]);
    await finds([
      'the secret',
      'xmpp',
      /EARSHOT_COMPONENT_SECRET must be what/,
      { EARSHOT_COMPONENT_SECRET: 'another' },
    ]);
    await finds([
      'the component',
      'xmpp',
      /nobody knows a component other.op.example/,
      { EARSHOT_COMPONENT_DOMAIN: 'other.op.example' },
    ]);
    await finds([
      'the home',
      'xmpp',
      /granted by op.example, .*EARSHOT_HOME_HOST/,
      { EARSHOT_HOME_HOST: 'other.example' },
    ]);
    await finds(['clients’ port', 'xmpp', /is the port that for components/, service(stack.xmpp.port)]);
    await finds(['nobody there', 'xmpp', /no XMPP server can be reached/, service(1)]);
    await finds(['no XMPP server', 'xmpp', /did not let this component in within 12 s/, service(other.port)]);
    await stack.restart('component');
    await stack.untilReady();
  });

  async function withSentinel(look: (port: number) => Promise<void>): Promise<void> {
    const port = await freePort();
    const file = join(folder, 'sentinel.conf');
    await writeFile(file, `port ${port}\ndir ${folder}\nsentinel monitor earshot 127.0.0.1 ${other.port} 1\n`);
    const child: ChildProcess = spawn(requireProgram('redis-server', 'redis-server'), [file, '--sentinel'], {
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      await eventually(() => look(port));
    } finally {
      child.kill();
      await ended;
    }
  }
});
