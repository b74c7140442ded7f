import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Child, startChild } from '../../local/children/child.ts';
import { projectRoot } from '../../local/project-root.ts';
import type { ComposeFile, Service } from './compose-file.ts';

/**
 * Runs a program in a copy of this system's root folder that is gone at the end and may not be written to, but for what follows;
 * with names for this machine, and what the image has besides. `$1`: an empty folder; `$2`: /etc/hosts; `$3`: the checkout; `$4`: node;
 * `$5`: user and group; `$6`: folders to be written to, each behind where it lies, with blanks between; `$7`: those that are empty. Then the program.
 */
const RUN = `set -e
at=$1 root=$1/root hosts=$2 checkout=$3 node=$4 user=$5 volumes=$6 empty=$7; shift 7
mount --make-rprivate /
mount -t tmpfs tmpfs "$at"
mkdir "$at/written" "$at/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$at/written,workdir=$at/work" "$root"
mkdir -p "$root/opt/earshot" "$root/opt/earshot-servers"
cp "$checkout"/deploy/redis-earshot.conf "$checkout"/deploy/prosody-earshot.cfg.lua "$checkout"/deploy/compose/*.sh "$root/opt/earshot-servers/"
chmod -R a+rX "$root/opt/earshot-servers"
for one in $volumes; do mkdir -p "$root\${one#*:}"; mount --bind "\${one%%:*}" "$root\${one#*:}"; chown "$user" "$root\${one#*:}"; done
for one in $empty; do mkdir -p "$root\${one%%:*}"; mount -t tmpfs -o mode=1777 tmpfs "$root\${one%%:*}"; done
mount --bind "$checkout" "$root/opt/earshot"
touch "$root/usr/bin/node"; mount --bind "$node" "$root/usr/bin/node"
mount --bind "$hosts" "$root/etc/hosts"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount -o remount,ro "$root"
cd "$root"
exec chroot "$root" /bin/sh -c 'cd /opt/earshot; exec setpriv --reuid="\${0%:*}" --regid="\${0#*:}" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"' "$user" "$@"`;

/** What Compose would have running. */
export type ComposeMachine = {
  /** Runs a program as a service's health is asked for, or as a caller from outside. @returns what it writes. @throws Error when it fails */
  run(program: string, ...args: string[]): Promise<string>;
  /** Starts somebody else's program in the same network. */
  beside(name: string, program: string, ...args: string[]): Promise<void>;
  /** Asks a service whether it is well, by its own check. */
  isWell(service: string): Promise<boolean>;
  logs(): string;
  stop(): Promise<void>;
};

/**
 * Starts what the file says, in a network of its own in which the services' names are loopback's: where there is no Docker the same programs
 * run with the same users, environments and rights to write, as far as those of this system's packages are those of the image.
 */
export async function startCompose({ services }: ComposeFile): Promise<ComposeMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-compose-'));
  const hosts = join(folder, 'hosts');
  await writeFile(hosts, `127.0.0.1 localhost ${Object.keys(services).join(' ')}\n`, { mode: 0o644 });
  const logOf = (name: string) => join(folder, `${name}.log`);
  const network = await startChild({
    name: 'The network',
    program: 'unshare',
    args: ['--net', 'sh', '-c', 'ip link set lo up && exec sleep 100000'],
    env: process.env,
    logFile: logOf('network'),
    deathSignal: 'KILL',
  });
  const within = ['--net', `--target=${network.pid}`];
  const running: Child[] = [];

  async function start(name: string, service: Service): Promise<void> {
    const at = join(folder, name);
    await mkdir(at);
    const volumes: string[] = [];
    for (const volume of service.volumes ?? []) {
      const kept = join(folder, `volume-${volume.split(':')[0]}`);
      await mkdir(kept);
      volumes.push(`${kept}:${volume.split(':')[1]}`);
    }
    const words = [at, hosts, projectRoot(), process.execPath, await idsOf(service.user), volumes.join(' ')];
    const args = ['unshare', '--mount', 'sh', '-c', RUN, 'sh', ...words];
    running.push(
      await startChild({
        name,
        program: 'nsenter',
        args: [...within, ...args, (service.tmpfs ?? []).join(' '), ...(service.command ?? commandOf(service))],
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...service.environment },
        logFile: logOf(name),
        deathSignal: 'TERM',
        graceMs: 20_000,
      }),
    );
  }

  const run = async (program: string, ...args: string[]) =>
    (await promisify(execFile)('nsenter', [...within, program, ...args])).stdout;
  async function beside(name: string, program: string, ...args: string[]): Promise<void> {
    const words = [...within, program, ...args];
    const started = { name, program: 'nsenter', args: words, env: process.env, logFile: logOf(name) };
    running.push(await startChild({ ...started, deathSignal: 'TERM' }));
  }

  const machine: ComposeMachine = {
    run,
    beside,
    async isWell(name) {
      const { healthcheck, environment } = services[name] as Service;
      const [kind, ...words] = healthcheck?.test ?? [];
      const [program = '', ...args] = kind === 'CMD-SHELL' ? ['sh', '-c', ...words] : words;
      try {
        await run('env', ...Object.entries(environment).map(([key, value]) => `${key}=${value}`), program, ...args);
        return true;
      } catch {
        return false;
      }
    },
    logs: () =>
      running
        .flatMap((one) => [`== ${one.name} ${JSON.stringify(one.exit() ?? 'runs')}`, ...one.logTail(10)])
        .join('\n'),
    async stop() {
      for (const one of running.reverse()) await one.stop();
      await network.kill();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  for (const [name, service] of Object.entries(services)) await start(name, service);
  return machine;
}

/** As numbers: `redis` or `65532:65532`. */
async function idsOf(user: string): Promise<string> {
  if (/^\d+:\d+$/.test(user)) return user;
  const id = async (flag: string) => (await promisify(execFile)('id', [flag, user])).stdout.trim();
  return `${await id('-u')}:${await id('-g')}`;
}

/** What its image runs by default (`deploy/compose/servers.Dockerfile`). */
function commandOf({ build }: Service): string[] {
  return ['sh', `/opt/earshot-servers/${build?.target}.sh`];
}
