import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { startChild } from '../../local/children/child.ts';
import { findProgram } from '../../local/children/programs.ts';
import { projectRoot } from '../../local/project-root.ts';
import { eventually } from '../support/eventually.ts';

/**
 * Boots a system in a container, with systemd as its first process, over a copy of its root folder that is written to memory and
 * gone at the end. `$1`: an empty folder. `$2`: the root folder. `$3`: a line of shell that is run in there, on this machine's
 * network, before it is booted. The further words are for systemd-nspawn.
 */
const BOOT = `set -e
at=$1 root=$1/root lower=$2 before=$3; shift 3
mount -t tmpfs tmpfs "$at"
mkdir "$at/written" "$at/work" "$root"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$at/written,workdir=$at/work" "$root"
rm -f "$root/etc/machine-id"
mkdir -p "$root/opt/earshot"
if [ "$before" ]; then
  mount --rbind /dev "$root/dev"; mount -t proc proc "$root/proc"; mount -t sysfs sysfs "$root/sys"
  chroot "$root" /bin/sh -c "$before"
  umount --recursive "$root/dev" "$root/proc" "$root/sys"
fi
exec systemd-nspawn --quiet --directory="$root" --register=no --keep-unit --resolv-conf=off --machine=earshot-test "$@"`;

/** What is booted. By default the system that this runs on, with its network, this Node.js, and the checkout at /opt/earshot. */
export type MachineOptions = {
  /** Its root folder, which stays as it is. */
  lower: string;
  /** A line of shell that is run in there before. */
  before: string;
  /** What systemd-nspawn is told. */
  words: readonly string[];
};

const THIS_ONE: MachineOptions = {
  lower: '/',
  before: '',
  words: [
    `--bind-ro=${projectRoot()}:/opt/earshot`,
    `--bind-ro=${process.execPath}:/usr/bin/node`,
    '--boot',
    'systemd.unit=basic.target',
  ],
};

/** A system that runs in a container. */
export type Machine = {
  /** Runs a line of shell as root in there. @returns what it writes. @throws Error when it fails */
  run(line: string): Promise<string>;
  /** Writes a file in there, readable by root only. */
  write(path: string, text: string): Promise<void>;
  stop(): Promise<void>;
};

/** Whether this user may boot one here. */
export function canBoot(): boolean {
  if (process.getuid?.() !== 0 || findProgram('systemd-nspawn') === undefined) return false;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Returns when systemd has reached its basic target. */
export async function bootMachine({ lower, before, words }: MachineOptions = THIS_ONE): Promise<Machine> {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-machine-'));
  const log = `${folder}.log`;
  const nspawn = await startChild({
    name: 'systemd-nspawn',
    program: 'unshare',
    args: ['--mount', 'sh', '-c', BOOT, 'sh', folder, lower, before, ...words],
    env: process.env,
    logFile: log,
    deathSignal: 'TERM',
    graceMs: 30_000,
  });
  const run = async (line: string) => {
    const first = await firstProcess(nspawn.pid);
    const entering = ['--target', first, '--all', 'sh', '-c', line];
    return (await promisify(execFile)('nsenter', entering)).stdout;
  };
  const machine: Machine = {
    run,
    async write(path, text) {
      const from = `${folder}.file`;
      await writeFile(from, text, { mode: 0o600 });
      const first = await firstProcess(nspawn.pid);
      await promisify(execFile)('install', ['-D', '-m', '600', from, `/proc/${first}/root${path}`]);
      await rm(from);
    },
    async stop() {
      await nspawn.stop();
      await rm(folder, { recursive: true });
      await rm(log);
    },
  };
  await eventually(async () => {
    expect(nspawn.exit(), nspawn.logTail().join('\n')).to.equal(undefined);
    await run('systemctl is-active --quiet basic.target');
  });
  return machine;
}

/** The container's systemd, as this machine numbers it. */
async function firstProcess(nspawn: number): Promise<string> {
  const { stdout } = await promisify(execFile)('pgrep', ['--parent', `${nspawn}`, '--exact', 'systemd']);
  return stdout.trim();
}
