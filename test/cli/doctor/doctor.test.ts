import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createClockCheck } from '../../../cli/doctor/checks/clock.ts';
import { judge as judgeDisk } from '../../../cli/doctor/checks/disk.ts';
import { judge as judgeFleet } from '../../../cli/doctor/checks/fleet.ts';
import { createNodeCheck } from '../../../cli/doctor/checks/node.ts';
import { judge as judgeSettings } from '../../../cli/doctor/checks/settings.ts';
import { judge as judgeSinks } from '../../../cli/doctor/checks/sinks.ts';
import { CHECKS } from '../../../cli/doctor/checks.ts';
import { examine, type Told } from '../../../cli/doctor/examine.ts';
import { type Check, ok } from '../../../cli/doctor/finding.ts';
import { NotLookedAt } from '../../../cli/doctor/not-looked-at.ts';
import { createPatient, ROLES } from '../../../cli/doctor/patient.ts';
import { COMMANDS, SHARDED } from '../../../cli/doctor/redis/rights.ts';
import { projectRoot } from '../../../local/project-root.ts';
// @ts-expect-error It is run before anything is built, and has no types.
import { NODE_GUARD } from '../../../local/setup/node-version.mjs';
import type { Subscription, SubscriptionStatus } from '../../../store/subscription/subscription-record.ts';
import { createApi } from '../../support/api.ts';
import { runEarshot } from '../../support/earshot-command.ts';
import { joinFriends } from '../../support/pair.ts';
import { useStack, withRedis } from '../../support/stack.ts';

describe('earshot doctor', () => {
  const stack = useStack();

  const secrets = () => [
    stack.operatorKey,
    stack.redis().password,
    ...['COMPONENT_SECRET', 'NUMBER_KEY', 'SECRETS_KEY'].map((name) => stack.env[`EARSHOT_${name}`] ?? ''),
  ];
  const levels = (told: readonly Told[]) => told.filter(({ level }) => level !== 'ok');
  const logOf = (role: string) => readFile(join(stack.dataDir, 'logs', `${role}.log`), 'utf8');

  it('finds nothing wrong with an Earshot that is well, does not disturb it, and prints no secret', async () => {
    const before = await logOf('component');
    const { code, out, err } = await runEarshot(['doctor', '--json'], stack.env);
    expect(err).to.equal('');
    const told = JSON.parse(out) as Told[];
    // How long Redis takes, and how much room is left, is the machine's affair.
    expect(
      levels(told).filter(({ check }) => !['redis-latency', 'redis-memory', 'disk'].includes(check)),
    ).to.deep.equal([]);
    expect(told.map(({ check }) => check)).to.include.members([
      'configuration',
      'redis',
      'redis-rights',
      'keys',
      'xmpp',
      'settings',
      'processes',
      'ports',
      'event-stream',
    ]);
    expect(code).to.equal(told.some(({ level }) => level === 'fault') ? 1 : 0);
    expect(await logOf('component')).to.equal(before);
    for (const secret of secrets()) expect(out).to.not.contain(secret);
  });

  it('says each thing in a line of its own, and ends with 1 where there is a fault', async () => {
    const settings = { ...stack.env, EARSHOT_NUMBER_KEY: 'ab'.repeat(32), EARSHOT_POLICIES: 'either' };
    const { code, out } = await runEarshot(['doctor'], settings);
    expect(code).to.equal(1);
    expect(out)
      .to.match(/^fault {4}configuration {2}EARSHOT_POLICIES is no setting; is EARSHOT_POLICY meant\?/m)
      .and.match(/^fault {4}keys {11}EARSHOT_NUMBER_KEY is not the key of this data/m)
      .and.match(/^\d+ faults, \d+ warnings\.$/m);
  });

  it('looks at the settings of those processes only that it is told', async () => {
    const { EARSHOT_COMPONENT_SECRET: _secret, EARSHOT_OPERATOR_KEY: _key, ...settings } = stack.env;
    const faults = async (...args: string[]) => {
      const { out } = await runEarshot(['doctor', '--json', ...args], settings);
      return (JSON.parse(out) as Told[]).filter(({ check, level }) => check === 'configuration' && level === 'fault');
    };
    expect((await faults()).map(({ what }) => what.split(' ')[0])).to.have.members([
      'EARSHOT_COMPONENT_SECRET',
      'EARSHOT_OPERATOR_KEY',
    ]);
    expect(await faults('--role', 'worker')).to.deep.equal([]);
    const { code, err } = await runEarshot(['doctor', '--role', 'wroker'], settings);
    expect({ code, err: err.trim() }).to.deep.equal({
      code: 2,
      err: '--role must be one of: component, gateway, worker.',
    });
  });

  it('looks at a running npm start where it is given no settings', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'earshot-ready-'));
    try {
      const { gatewayUrl, operatorKey, env } = stack;
      await writeFile(join(folder, 'ready.json'), JSON.stringify({ gatewayUrl, operatorKey, settings: env }));
      const { out } = await runEarshot(['doctor', '--json'], { EARSHOT_DATA_DIR: folder });
      const told = (JSON.parse(out) as Told[]).filter(({ check }) => ['configuration', 'keys', 'xmpp'].includes(check));
      expect(told.map(({ level }) => level)).to.deep.equal(['ok', 'ok', 'ok']);
      const wrong = await runEarshot(['doctor'], { EARSHOT_DATA_DIR: folder, EARSHOT_HTTP_PORT: '99999' });
      expect(wrong.out).to.match(/^fault {4}configuration {2}EARSHOT_HTTP_PORT/m);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('notes nothing in a Redis without data', async () => {
    const patient = createPatient({ ...stack.env, EARSHOT_REDIS_PREFIX: 'nothing' }, ['worker']);
    for await (const _told of examine(patient));
    await patient.close();
    await withRedis(stack, async (redis) => {
      expect(await redis.keys('nothing:*')).to.deep.equal([]);
    });
  });

  it('goes on where a check throws, is held up, or has to wait for another', async () => {
    const patient = createPatient(stack.env, ROLES);
    const check = (name: string, look: Check['look']): Check => ({ name, look, patience: 50 });
    const told: Told[] = [];
    const checks = [
      check('throws', async () => {
        throw Object.assign(new Error(`${stack.operatorKey} is refused`), { code: 'ECONNREFUSED' });
      }),
      check('hangs', () => sleep(3_600_000, ok('late'), { ref: false })),
      check('waits', async () => {
        throw new NotLookedAt('not looked at: another comes first');
      }),
      check('sees nothing', async () => []),
      check('sees', async () => [ok('one'), ok('two')]),
    ];
    for await (const one of examine(patient, checks)) told.push(one);
    expect(told).to.deep.equal([
      { check: 'throws', level: 'fault', what: 'could not be looked at: nobody listens there' },
      { check: 'hangs', level: 'fault', what: 'not known after 0.05 s, and given up' },
      { check: 'waits', level: 'warning', what: 'not looked at: another comes first' },
      { check: 'sees', level: 'ok', what: 'one' },
      { check: 'sees', level: 'ok', what: 'two' },
    ]);
  });

  it('asks for the right to every command that Earshot’s scripts and its processes have called', async () => {
    const asked = new Set([...COMMANDS, ...SHARDED].map((command) => command.split(' ')[0]));
    const scripts = ['store', 'service', 'gateway', 'worker', 'component', 'runtime'].flatMap(scriptsBelow);
    expect(scripts).to.include.members(['HSET', 'ZADD', 'XADD']);
    expect(scripts.filter((name) => !asked.has(name))).to.deep.equal([]);

    const api = createApi(stack);
    await joinFriends(api);
    await withRedis(stack, async (redis) => {
      const called = [...(await redis.info('commandstats')).matchAll(/^cmdstat_([a-z]+)/gm)].map(([, name = '']) =>
        name.toUpperCase(),
      );
      // Of connections, transactions, the launcher, the doctor and this test.
      const others = [
        'HELLO',
        'AUTH',
        'CLIENT',
        'SELECT',
        'MULTI',
        'EXEC',
        'DISCARD',
        'CONFIG',
        'CLUSTER',
        'KEYS',
        'COMMAND',
        'SHUTDOWN',
      ];
      expect([...new Set(called)].filter((name) => !asked.has(name) && !others.includes(name))).to.deep.equal([]);
    });
  });

  it('knows the time of Redis', async () => {
    const tell = async (seconds: number) => {
      const patient = createPatient(stack.env, ['worker']);
      const told: Told[] = [];
      for await (const one of examine(patient, [createClockCheck(() => Date.now() + seconds * 1_000)])) told.push(one);
      await patient.close();
      return told.map(({ level, what }) => `${level} ${/\d+ s (?:behind|ahead)/.exec(what)?.[0] ?? ''}`);
    };
    expect(await tell(0)).to.deep.equal(['ok ']);
    expect(await tell(-60)).to.deep.equal(['fault 60 s behind']);
  });

  it('says where the units’ Node.js is too old for what is built', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'earshot-node-'));
    try {
      const [old, forging, program] = [join(folder, 'node'), join(folder, 'old.cjs'), join(folder, 'main.mjs')];
      await writeFile(
        forging,
        `Object.defineProperty(process, 'versions', { value: { node: '18.19.0' }, configurable: true });`,
      );
      await writeFile(program, NODE_GUARD);
      await writeFile(old, `#!/bin/sh\nexec ${process.execPath} -r ${forging} "$@"\n`, { mode: 0o755 });
      const patient = createPatient(stack.env, ROLES);
      const told: Told[] = [];
      const checks = [
        createNodeCheck(old, program),
        createNodeCheck(process.execPath, program),
        createNodeCheck(join(folder, 'none'), program),
      ];
      for await (const one of examine(patient, checks)) told.push(one);
      expect(told.map(({ level }) => level)).to.deep.equal(['fault', 'ok', 'ok']);
      expect(told[0]?.what).to.match(
        /cannot run this\. Earshot needs Node\.js 20\.19 or newer, and this is 18\.19\.0\..*ExecStart/,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('has a name of its own for each check', () => {
    const names = CHECKS.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
  });
});

describe('what earshot doctor says of subscriptions', () => {
  const one = (id: string, status: SubscriptionStatus): Subscription => ({
    ...{ id, owner: 'a-carrier', sink: `https://${id}.example:8443/hook/secret?key=secret`, kinds: [], secrets: [] },
    ...{ initial: false, createdAt: 0, status },
  });

  it('is who is paused and what to do, with nothing of a sink but its host', () => {
    expect(judgeSinks([], 0)).to.deep.equal([]);
    expect(judgeSinks([one('over', 'EXPIRED')], 0)).to.deep.equal([]);
    expect(judgeSinks([one('well', 'ACTIVE'), one('over', 'DELETED')], 0)).to.deep.equal([
      { level: 'ok', what: 'subscriptions: 1, none of them paused' },
    ]);
    const [paused, broken] = judgeSinks([one('well', 'ACTIVE'), one('ill', 'INACTIVE')], 2);
    expect(paused?.level).to.equal('warning');
    expect(paused?.what).to.match(/subscription ill, at ill\.example:8443, .*once an hour.*EARSHOT_SINK_ALLOW/);
    expect(paused?.what).to.not.contain('secret');
    expect(broken?.what).to.match(/^the records of 2 subscriptions cannot be read/);
  });
});

describe('what earshot doctor says of the fleet and of the disk', () => {
  const now = Date.now();
  const running = (role: string, version = '1.0.0', missing: string[] = []) => ({
    role,
    version,
    missing,
    ready: missing.length === 0,
    host: 'one',
    started: now,
    heard: now,
  });
  const all = [running('component'), running('gateway'), running('worker')];
  const said = (fleet: ReturnType<typeof running>[]) =>
    judgeFleet(fleet, '1.0.0').map(({ level, what }) => `${level} ${what}`);

  it('names what is not there, is older, or waits', () => {
    expect(said(all)).to.deep.equal(['ok 3 processes of version 1.0.0: 1 component, 1 gateway, 1 worker']);
    expect(said([])[0]).to.match(/^warning no process is heard of/);
    expect(judgeFleet(all, '1.0.0', ['component', 'sip'])[0]?.what).to.match(/^no sip is heard of: start one; /);
    expect(judgeFleet([...all, running('sip')], '1.0.0', ['sip'])[0]?.what).to.match(/ 1 worker, 1 sip$/);
    expect(said(all.slice(0, 2))[0]).to.match(/^fault no worker is heard of: start one; .*EARSHOT_REDIS_URL/);
    expect(said([...all, running('gateway', '0.9.0')])).to.deep.equal([
      'warning not all is of version 1.0.0, as this command is: gateway on one: 0.9.0. Start anew whatever is older',
    ]);
    expect(said([...all, running('worker', '1.0.0', ['Redis'])])[0]).to.equal(
      'fault the worker on one waits for Redis',
    );
  });

  it('names processes that have another policy or consent, than each other or these settings', () => {
    const [a, b] = [
      { ...running('worker'), settings: { EARSHOT_POLICY: 'mutual' } },
      { ...running('worker'), host: 'two', settings: { EARSHOT_POLICY: 'either' } },
    ];
    const words = (...judged: Parameters<typeof judgeSettings>) => judgeSettings(...judged).map(({ what }) => what);
    expect(words([a, b, running('gateway')], {})).to.deep.equal([
      'the worker on two has EARSHOT_POLICY either, and another process has mutual: give all processes the same, and restart them',
    ]);
    expect(words([a, b], { EARSHOT_POLICY: 'either' })[0]).to.match(
      /^the worker on one has .* these settings have either/,
    );
    expect(words([a], { EARSHOT_POLICY: 'mutual', EARSHOT_CONSENT: 'operator' })).to.deep.equal([]);
    const component = (homeHost: string) => ({
      ...{ ...running('component'), homeHost },
      settings: { EARSHOT_COMPONENT_SECRET: homeHost },
    });
    const secrets = words(
      [component('op.example'), component('brand.example')],
      { EARSHOT_COMPONENT_SECRET: 'other' },
      'brand.example',
    );
    expect(secrets).to.have.length(1);
  });

  it('wants room for the file and for the one that takes its place', () => {
    expect(
      [judgeDisk('one', 50, 1), judgeDisk('one', 500, 400), judgeDisk('one', 900, 400)].map(({ level }) => level),
    ).to.deep.equal(['fault', 'warning', 'ok']);
  });
});

/** The commands that Lua in the sources below a folder calls. */
function scriptsBelow(folder: string): string[] {
  const entries = readdirSync(join(projectRoot(), folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .flatMap((entry) => [
      ...readFileSync(join(entry.parentPath, entry.name), 'utf8').matchAll(/redis\.call\('([A-Z]+)'/g),
    ])
    .map(([, name = '']) => name);
}
