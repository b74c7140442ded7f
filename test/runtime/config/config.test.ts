import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readServers } from '../../../component/server/kinds.ts';
import { toComponentConfig } from '../../../runtime/config/component-config.ts';
import { toGatewayConfig } from '../../../runtime/config/gateway-config.ts';
import { toWorkerConfig } from '../../../runtime/config/worker-config.ts';

const WORKER = { EARSHOT_NUMBER_KEY: 'ab'.repeat(32), EARSHOT_SECRETS_KEY: 'cd'.repeat(32) };
const GATEWAY = { ...WORKER, EARSHOT_HOME_HOST: 'op.example', EARSHOT_OPERATOR_KEY: 'k'.repeat(32) };

describe('runtime/config', () => {
  it('fills in what an operator need not say', () => {
    expect(toWorkerConfig(WORKER)).to.deep.equal({
      redisUrls: ['redis://127.0.0.1:6379'],
      redisPrefix: 'earshot',
      hosts: [],
      numberBudget: { first: 5_000, daily: 100 },
      policy: 'mutual',
      logLevel: 'info',
      sourceInterval: 6 * 3_600_000,
      sourceAllow: [],
      sinkAllow: [],
      guessedNumbers: 'use',
      numberKey: Buffer.alloc(32, 0xab),
      secretsKey: Buffer.alloc(32, 0xcd),
      sms: { webhook: undefined, text: '{code} is your code. Nobody needs it but you.' },
    });
    expect(toGatewayConfig(GATEWAY)).to.include({
      host: '127.0.0.1',
      port: 8080,
      tokenLifetime: 90 * 86_400_000,
      guessedNumbers: 'use',
      consent: 'operator',
      accountNames: 'random',
    });
    expect(toComponentConfig({ ...GATEWAY, EARSHOT_COMPONENT_SECRET: 's' }, readServers)).to.include({
      domain: 'tune.op.example',
      service: 'xmpp://127.0.0.1:5347',
      publishInterval: 5_000,
      privileges: 'required',
    });
  });

  it('reads where metrics are told without a credential: a port alone is one of loopback', () => {
    const of = (text: string) => toGatewayConfig({ ...GATEWAY, EARSHOT_METRICS_LISTEN: text }).edge.metrics;
    expect(of('')).to.equal(undefined);
    expect(of('9464')).to.deep.equal({ host: '127.0.0.1', port: 9464 });
    expect(of('10.0.0.5:9464')).to.deep.equal({ host: '10.0.0.5', port: 9464 });
    expect(of('[::1]:9464')).to.deep.equal({ host: '::1', port: 9464 });
    for (const wrong of ['metrics', ':9464', '10.0.0:9464', '::1:9464', '9464x', '70000', 'localhost:9464'])
      expect(() => of(wrong), wrong).to.throw('EARSHOT_METRICS_LISTEN must be a port of loopback');
  });

  it('takes no policy that there is not', () => {
    expect(() => toWorkerConfig({ ...WORKER, EARSHOT_POLICY: 'both' })).to.throw(
      'EARSHOT_POLICY must be one of: mutual, either.',
    );
  });

  it('uses or ignores guessed numbers, and nothing between', () => {
    expect(toGatewayConfig({ ...GATEWAY, EARSHOT_GUESSED_NUMBERS: 'ignore' }).guessedNumbers).to.equal('ignore');
    expect(() => toGatewayConfig({ ...GATEWAY, EARSHOT_GUESSED_NUMBERS: 'no' })).to.throw(
      'EARSHOT_GUESSED_NUMBERS must be one of: use, ignore.',
    );
  });

  it('takes the number key before the present one, but not the same twice', () => {
    const previous = (hex: string) => toGatewayConfig({ ...GATEWAY, EARSHOT_NUMBER_KEY_PREVIOUS: hex.repeat(32) });
    expect(previous('cd').numberKeyPrevious).to.deep.equal(Buffer.alloc(32, 0xcd));
    expect(() => previous('AB')).to.throw('EARSHOT_NUMBER_KEY_PREVIOUS must be the key before');
    expect(() => previous('x')).to.throw('EARSHOT_NUMBER_KEY_PREVIOUS must be 32 or more random bytes');
  });

  it('takes several URLs for a cluster, with one user and password, and a comma in it', () => {
    const of = (urls: string) => toWorkerConfig({ ...WORKER, EARSHOT_REDIS_URL: urls }).redisUrls;
    expect(of('redis://a:1, redis://b:2/3')).to.deep.equal(['redis://a:1', 'redis://b:2/3']);
    expect(of('redis://u:p,w@a:1,redis://u:p,w@b:2')).to.deep.equal(['redis://u:p,w@a:1', 'redis://u:p,w@b:2']);
    for (const unlike of ['redis://:p@a:1,redis://:q@b:2', 'redis://a:1,rediss://b:2'])
      expect(() => of(unlike)).to.throw('EARSHOT_REDIS_URL must have the same scheme, user and password in every URL');
    for (const bad of ['redis://a:1,localhost', 'redis://a:1,', 'redis://a:1/x', 'redis://a:port'])
      expect(() => of(bad)).to.throw('EARSHOT_REDIS_URL must be redis://');
  });

  it('says that no Sentinel is asked, and what to name instead', () => {
    for (const EARSHOT_REDIS_URL of ['redis+sentinel://:pw@a:26379,b:26379/mymaster', 'sentinel://a:26379'])
      expect(() => toWorkerConfig({ ...WORKER, EARSHOT_REDIS_URL }))
        .to.throw(/EARSHOT_REDIS_URL names a Sentinel, .*name the nodes of a Redis Cluster/)
        .with.property('message')
        .that.does.not.include('pw');
  });

  it('takes hosts, addresses and networks that may be internal', () => {
    const { sourceAllow } = toWorkerConfig({ ...WORKER, EARSHOT_SOURCE_ALLOW: ' dav.op.example,10.1.0.0/16, ::1 ,' });
    expect(sourceAllow).to.deep.equal(['dav.op.example', '10.1.0.0/16', '::1']);
  });

  it('reads any setting from a file that NAME_FILE names', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'earshot-config-'));
    const file = join(folder, 'key');
    await writeFile(file, `${'cd'.repeat(32)}\n`);
    const { EARSHOT_NUMBER_KEY: _, ...rest } = GATEWAY;
    const { numberKey } = toGatewayConfig({ ...rest, EARSHOT_NUMBER_KEY_FILE: file });
    expect(numberKey.toString('hex')).to.equal('cd'.repeat(32));
    expect(() => toGatewayConfig({ ...GATEWAY, EARSHOT_NUMBER_KEY_FILE: file })).to.throw(
      'EARSHOT_NUMBER_KEY and EARSHOT_NUMBER_KEY_FILE are both set; keep one.',
    );
    await writeFile(file, '\n');
    for (const [name, fault] of [
      ['none', 'EARSHOT_NUMBER_KEY_FILE cannot be read (ENOENT).'],
      ['key', 'EARSHOT_NUMBER_KEY_FILE names a file that is empty.'],
    ] as const)
      expect(() => toGatewayConfig({ ...rest, EARSHOT_NUMBER_KEY_FILE: join(folder, name) }))
        .to.throw(fault)
        .with.property('message')
        .that.does.not.contain('is not set');
    await rm(folder, { recursive: true });
  });

  it('takes the edge as it is meant: off unless told, and no half of it', () => {
    expect(toGatewayConfig(GATEWAY).edge).to.deep.equal({
      metrics: undefined,
      oauth: undefined,
      tls: undefined,
      corsOrigins: [],
      trustedProxies: [],
      limits: { address: 6_000, subscriber: 600, carrier: 60_000, streamsOfAddress: 1_000 },
    });
    const full = {
      EARSHOT_OAUTH_ISSUER: 'https://id.example/realm',
      EARSHOT_OAUTH_AUDIENCE: 'earshot',
      EARSHOT_CORS_ORIGINS: 'https://app.example,http://localhost:3000',
      EARSHOT_TRUSTED_PROXIES: '10.0.0.0/8 2001:db8::/32 127.0.0.1',
    };
    expect(toGatewayConfig({ ...GATEWAY, ...full }).edge).to.deep.include({
      oauth: { issuer: 'https://id.example/realm', audience: 'earshot', jwksUrl: undefined },
      corsOrigins: ['https://app.example', 'http://localhost:3000'],
      trustedProxies: ['10.0.0.0/8', '2001:db8::/32', '127.0.0.1'],
    });
    const wrong: Record<string, string>[] = [
      { EARSHOT_OAUTH_ISSUER: 'https://id.example' },
      { EARSHOT_OAUTH_ISSUER: 'http://id.example', EARSHOT_OAUTH_AUDIENCE: 'earshot' },
      { EARSHOT_TLS_CERT_FILE: '/etc/cert.pem' },
      { EARSHOT_CORS_ORIGINS: '*' },
      { EARSHOT_CORS_ORIGINS: 'https://app.example/' },
      { EARSHOT_TRUSTED_PROXIES: 'proxy.example' },
      { EARSHOT_TRUSTED_PROXIES: '10.0.0.0/33' },
      { EARSHOT_LIMIT_ADDRESS: 'many' },
    ];
    for (const settings of wrong)
      expect(() => toGatewayConfig({ ...GATEWAY, ...settings }), JSON.stringify(settings)).to.throw(
        /EARSHOT_(OAUTH|TLS|CORS|TRUSTED|LIMIT)/,
      );
  });

  it('takes a search address in which titles decide nothing but what is looked for', () => {
    expect(toGatewayConfig(GATEWAY).page).to.deep.equal({ on: true, name: 'Earshot', searchUrl: undefined });
    const page = {
      EARSHOT_PAGE: 'off',
      EARSHOT_PAGE_NAME: '朋友在听',
      EARSHOT_SEARCH_URL: 'http://s.example/{artist}?q={title}',
    };
    expect(toGatewayConfig({ ...GATEWAY, ...page }).page).to.deep.equal({
      on: false,
      name: '朋友在听',
      searchUrl: 'http://s.example/{artist}?q={title}',
    });
    const faults = [
      'https://s.example/',
      'https://s.example/{artist}',
      'https://{title}.example/',
      'https://s.example:{title}/',
      'https://s.example@{title}/',
      'https://user@s.example/{title}',
      'javascript:alert({title})',
      '{title}',
      's.example/{title}',
      'https://s.example/{title}{album}',
    ];
    for (const EARSHOT_SEARCH_URL of faults)
      expect(() => toGatewayConfig({ ...GATEWAY, EARSHOT_SEARCH_URL }), EARSHOT_SEARCH_URL).to.throw(
        'EARSHOT_SEARCH_URL must be',
      );
    expect(() => toGatewayConfig({ ...GATEWAY, EARSHOT_PAGE: 'maybe' })).to.throw('EARSHOT_PAGE must be');
    expect(() => toGatewayConfig({ ...GATEWAY, EARSHOT_PAGE_NAME: 'a\nb' })).to.throw('EARSHOT_PAGE_NAME must be');
  });

  it('leaves consent to the operator or to the subscriber, and takes a secrets key of 32 bytes only', () => {
    expect(toGatewayConfig({ ...GATEWAY, EARSHOT_CONSENT: 'subscriber' }).consent).to.equal('subscriber');
    expect(() => toGatewayConfig({ ...GATEWAY, EARSHOT_CONSENT: 'none' })).to.throw('EARSHOT_CONSENT must be one of');
    expect(() => toGatewayConfig({ ...GATEWAY, EARSHOT_SECRETS_KEY: 'cd'.repeat(33) })).to.throw(
      'EARSHOT_SECRETS_KEY must be 32 random bytes',
    );
  });

  it('reports every fault at once, and repeats no value', () => {
    const bad = {
      EARSHOT_REDIS_URL: 'localhost',
      EARSHOT_HTTP_PORT: '70000',
      EARSHOT_OPERATOR_KEY: 'secret',
      EARSHOT_NUMBER_KEY: 'zz',
      EARSHOT_SECRETS_KEY: 'cd'.repeat(33),
      EARSHOT_SOURCE_ALLOW: 'dav.op.example, 10.0.0.0/33',
      EARSHOT_PUBLIC_URL: 'tune.op.example',
      EARSHOT_PLAYERS: 'maybe',
    };
    expect(() => toGatewayConfig(bad))
      .to.throw()
      .with.property('message')
      .that.satisfies((message: string) => {
        for (const name of ['EARSHOT_HOME_HOST', ...Object.keys(bad)]) expect(message).to.contain(name);
        return !message.includes('secret') && !message.includes('localhost');
      });
  });
});
