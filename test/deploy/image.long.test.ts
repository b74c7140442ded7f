import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Child, startChild } from '../../local/children/child.ts';
import { findProgram } from '../../local/children/programs.ts';
import type { Role } from '../../local/processes.ts';
import { projectRoot } from '../../local/project-root.ts';
import { createApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { joinFriends } from '../support/pair.ts';
import { useStack } from '../support/stack.ts';
import { connectFriend } from '../support/xmpp/friend-client.ts';
import { newEnv, readCompose, type Service } from './compose-file.ts';
import { canBoot } from './machine.ts';

const ROLES: readonly Role[] = ['component', 'gateway', 'worker'];
const IMAGE = 'localhost/earshot';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** Where both kinds of control groups are mounted, podman's crun refuses to run anything. */
const RUN = 'umount /sys/fs/cgroup/unified 2>/dev/null || true; exec podman "$@"';

describe('deploy/Dockerfile', () => {
  if (!canBoot() || ['buildah', 'podman', 'debootstrap'].some((name) => findProgram(name) === undefined)) {
    it.skip('needs root, mounts, buildah, podman and debootstrap');
    return;
  }
  const stack = useStack();
  const api = createApi(stack);
  let folder: string;
  const containers: Child[] = [];

  const storage = () => ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run')];
  /** Runs a program whose mounts end with it. @returns what it writes */
  const called = async (...words: string[]) => {
    const env = { ...process.env, BUILDAH_ISOLATION: 'chroot' };
    return (await promisify(execFile)('unshare', ['--mount', ...words], { maxBuffer: 1e8, env })).stdout;
  };
  /** The words behind `unshare --mount` that run the image without any right. */
  const running = (...words: string[]) => runningOn('host', ...words);
  const runningOn = (network: 'host' | 'none', ...words: string[]) => [
    ...['sh', '-c', RUN, 'sh', ...storage(), '--cgroup-manager', 'cgroupfs', '--events-backend', 'file'],
    ...['run', '--rm', '--read-only', '--network', network, '--cgroups', 'disabled', '--cap-drop', 'all'],
    ...['--security-opt', 'no-new-privileges', '--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096', ...words],
  ];

  before(async () => {
    for (const role of ROLES) await stack.process(role).stop();
    folder = await mkdtemp(join(tmpdir(), 'earshot-image-'));
    // In place of debian:trixie-slim, which is on a registry.
    await called('debootstrap', '--variant=minbase', 'trixie', join(folder, 'base'), 'http://deb.debian.org/debian');
    await called('tar', '-C', join(folder, 'base'), '-cf', join(folder, 'base.tar'), '.');
    await called('podman', ...storage(), 'import', '--quiet', join(folder, 'base.tar'), 'localhost/debian');
    await writeFile(join(folder, 'npmrc'), 'cafile=/etc/ssl/of-this-machine.crt\n');
    await called(
      'buildah',
      ...storage(),
      ...['bud', '--quiet', '--build-arg', 'DEBIAN=localhost/debian', '--tag', IMAGE],
      ...['--volume', `${CERTIFICATES}:/etc/ssl/of-this-machine.crt:ro`],
      ...['--volume', `${join(folder, 'npmrc')}:/root/.npmrc:ro`],
      ...['--file', join(projectRoot(), 'deploy', 'Dockerfile'), projectRoot()],
    );
  });

  after(async () => {
    for (const one of containers) await one.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('makes an image that has neither a compiler nor npm, and writes nothing', async () => {
    const line = 'id -u; command -v npm cc gcc make git; touch /opt/earshot/x 2>&1; touch /etc/x 2>&1; echo end';
    // On a busy machine podman may lose what a short program has written.
    const said = await eventually(async () => {
      const lines = (await called(...running(IMAGE, 'sh', '-c', line))).trim().split('\n');
      expect(lines.pop()).to.equal('end');
      return lines;
    });
    expect(said).to.have.length(3);
    expect(said[0]).to.equal('65532');
    expect(said.slice(1).every((one) => one.endsWith('Read-only file system'))).to.equal(true);
  });

  it('stands beside those of the servers in compose.yaml, which run as users of their own and are well', async () => {
    const { services } = readCompose(newEnv('op.example'));
    for (const name of ['redis', 'prosody']) {
      const { environment, tmpfs = [], volumes = [], healthcheck } = services[name] as Service;
      const image = `localhost/earshot-${name}`;
      await called(
        'buildah',
        ...storage(),
        ...['bud', '--quiet', '--build-arg', 'DEBIAN=localhost/debian', '--tag', image, '--target', name],
        ...['--file', join(projectRoot(), 'deploy', 'compose', 'servers.Dockerfile'), projectRoot()],
      );
      const options = [
        ...Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
        ...tmpfs.flatMap((folder) => ['--tmpfs', folder]),
        // Made as Compose makes one that has no content yet: it belongs to whom the image's folder does.
        ...volumes.flatMap((volume) => ['--volume', volume.split(':')[1] ?? '']),
      ];
      const [kind, ...test] = healthcheck?.test ?? [];
      const isWell = kind === 'CMD' ? test.map((word) => `'${word}'`).join(' ') : test.join(' ');
      const line = `sh /opt/earshot-servers/${name}.sh >&2 & until ${isWell}; do sleep 0.2; done; id -un; kill $!; wait`;
      expect(await called(...runningOn('none', ...options, image, 'sh', '-c', line)), name).to.equal(`${name}\n`);
    }
  });

  it('makes an image whose three processes show a friend what somebody plays', async () => {
    const env = Object.entries(stack.env).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(join(folder, 'env'), env.join(''), { mode: 0o600 });
    for (const role of ROLES)
      containers.push(
        await startChild({
          name: `The image as ${role}`,
          program: 'unshare',
          args: ['--mount', ...running('--env-file', join(folder, 'env'), IMAGE, 'node', `dist/${role}/main.js`)],
          env: process.env,
          logFile: join(folder, `${role}.log`),
          deathSignal: 'TERM',
          graceMs: 20_000,
        }),
      );
    await eventually(async () => {
      for (const one of containers) expect(one.exit(), one.logTail().join('\n')).to.equal(undefined);
      await api.expectStatus(200, api.call('GET', '/readyz'));
    });
    const [alice, bob] = await joinFriends(api);
    const bobs = await connectFriend(stack, bob);
    await api.play(alice, { title: 'From an image' });
    await bobs.hears(alice.jid, 'From an image');
    await bobs.leave();
  });

  it('makes an image whose processes end in order when they are told to', async () => {
    for (const one of containers) {
      await one.stop();
      expect(one.exit(), one.name).to.deep.equal({ code: 0, signal: null });
    }
  });
});
