import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../local/project-root.ts';
import { createApi, type Person } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { joinFriends } from '../support/pair.ts';
import { useStack } from '../support/stack.ts';
import { connectFriend, type FriendClient } from '../support/xmpp/friend-client.ts';
import { bootMachine, canBoot, type Machine } from './machine.ts';

const ROLES = ['component', 'gateway', 'worker'] as const;
const unitOf = (role: string) => `earshot-${role}@1.service`;
/** Settings that stand in files of their own. */
const SECRETS = ['NUMBER_KEY', 'SECRETS_KEY', 'OPERATOR_KEY', 'COMPONENT_SECRET', 'REDIS_URL'].map(
  (name) => `EARSHOT_${name}`,
);

describe('the units of systemd, started by systemd', () => {
  if (!canBoot()) {
    it.skip('need root, systemd-container and mounts');
    return;
  }
  const stack = useStack();
  const api = createApi(stack);
  let machine: Machine;
  let alice: Person;
  let bobs: FriendClient;

  const show = async (role: string, property: string) =>
    (await machine.run(`systemctl show --value --property=${property} ${unitOf(role)}`)).trim();
  /** What a line of shell writes that runs where that role's process is, and as its user. */
  const within = async (role: string, line: string) => {
    const pid = await show(role, 'MainPID');
    return machine.run(`nsenter --target ${pid} --mount --setuid $(stat -c %u /proc/${pid}) sh -c '${line}' 2>&1`);
  };

  before(async () => {
    for (const role of ROLES) await stack.process(role).stop();
    machine = await bootMachine();
    const settings = Object.entries(stack.env).filter(([name]) => !SECRETS.includes(name));
    await machine.write('/root/settings', settings.map(([name, value]) => `${name}=${value}\n`).join(''));
    for (const name of SECRETS) await machine.write(`/root/${name}`, `${stack.env[name]}\n`);
    await machine.run(`set -e\n${withOwnValues(blockOf('systemctl enable --now earshot-component@1'))}`);
    await eventually(() => api.expectStatus(200, api.call('GET', '/readyz'))).catch(async (err) => {
      throw new Error(await machine.run(`journalctl --no-pager --lines=20 --unit='earshot-*'`), { cause: err });
    });
  });

  after(async () => {
    await bobs?.leave();
    await machine?.stop();
  });

  it('show a friend what somebody plays', async () => {
    const [one, bob] = await joinFriends(api);
    alice = one;
    bobs = await connectFriend(stack, bob);
    await api.play(alice, { title: 'By systemd' });
    await bobs.hears(alice.jid, 'By systemd');
  });

  it('run as users of their own, without privileges and with a filter of system calls', async () => {
    const users = new Set<string>();
    for (const role of ROLES) {
      const status = await machine.run(`cat /proc/${await show(role, 'MainPID')}/status`);
      expect(status)
        .to.match(/^NoNewPrivs:\s+1$/m)
        .and.match(/^Seccomp:\s+2$/m)
        .and.match(/^CapBnd:\s+0+$/m);
      users.add(/^Uid:\s+(\d+)/m.exec(status)?.[1] as string);
    }
    expect(users.size).to.equal(3);
    expect([...users]).to.not.include('0');
  });

  it('see their own secrets and nobody else’s', async () => {
    for (const role of ROLES) {
      const own = `/run/credentials/${unitOf(role)}`;
      expect(await within(role, `cat ${own}/number-key`)).to.equal(`${stack.env.EARSHOT_NUMBER_KEY}\n`);
      for (const hidden of [
        ...ROLES.filter((other) => other !== role).map((other) => `/run/credentials/${unitOf(other)}`),
        '/etc/earshot',
      ])
        expect(await within(role, `cat ${hidden}/number-key || true`)).to.match(/Permission denied|No such file/);
    }
    expect((await within('worker', 'ls /run/credentials/earshot-worker@1.service')).trim().split('\n')).to.have.members(
      ['number-key', 'redis-url', 'secrets-key'],
    );
  });

  it('are started again after a crash', async () => {
    await machine.run(`systemctl kill --signal=KILL ${ROLES.map(unitOf).join(' ')}`);
    await eventually(async () => {
      for (const role of ROLES) expect(await show(role, 'NRestarts'), role).to.equal('1');
      await api.expectStatus(200, api.call('GET', '/readyz'));
    });
    await api.play(alice, { title: 'After a crash' });
    await bobs.hears(alice.jid, 'After a crash');
  });

  it('give the doctor what it needs', async () => {
    const doctor = blockOf('earshot -- doctor').replace('-- doctor', '-- doctor --json || true');
    const told = JSON.parse(await machine.run(`cd /opt/earshot\n${doctor}`)) as { check: string; level: string }[];
    const levels = told.map(({ check, level }) => `${check} ${level}`);
    expect(levels).to.include.members(['configuration ok', 'keys ok', 'xmpp ok', 'processes ok']);
  });

  it('take the component of a home in place of the one there is', async () => {
    await machine.run('systemctl disable --now earshot-component@1');
    await machine.write('/etc/earshot-home-op.example.env', 'EARSHOT_HOME_HOST=op.example\n');
    await machine.run('cp /etc/earshot/component-secret /etc/earshot/component-secret-op.example');
    await machine.run('systemctl enable --now earshot-home@op.example');
    await api.play(alice, { title: 'From its home' });
    await bobs.hears(alice.jid, 'From its home');
  });

  it('are stopped within their time', async () => {
    await machine.run(`systemctl stop 'earshot-*'`);
    for (const role of ROLES) expect(await show(role, 'Result'), role).to.equal('success');
  });
});

/** The block of shell in docs/operating.md with that line. */
function blockOf(line: string): string {
  const text = readFileSync(join(projectRoot(), 'docs', 'operating.md'), 'utf8');
  const found = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block as string);
  const block = found.find((one) => one.includes(line));
  if (block === undefined) throw new Error(`docs/operating.md has no block with ${line}`);
  return block;
}

/** The same with the values of this test in place of those that an operator makes or writes. */
function withOwnValues(block: string): string {
  const own: [from: RegExp, to: string][] = [
    [/^openssl rand -hex 32 (?=>.*number-key$)/m, 'cat /root/EARSHOT_NUMBER_KEY '],
    [/^openssl rand -hex 32 (?=>.*secrets-key$)/m, 'cat /root/EARSHOT_SECRETS_KEY '],
    [/^openssl rand -hex 32 (?=>.*operator-key$)/m, 'cat /root/EARSHOT_OPERATOR_KEY '],
    [/^echo 'change me' /m, 'cat /root/EARSHOT_COMPONENT_SECRET '],
    [/echo "redis:.*" (?=>)/, 'cat /root/EARSHOT_REDIS_URL '],
    [/^echo 'EARSHOT_HOME_HOST=.*' /m, 'cat /root/settings '],
  ];
  return own.reduce((text, [from, to]) => {
    expect(text).to.match(from);
    return text.replace(from, to);
  }, block);
}
