import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { startChild } from '../../../local/children/child.ts';
import { requireProgram } from '../../../local/children/programs.ts';
import { processesIn } from '../../local/scratch.ts';
import { eventually, PATIENCE } from '../eventually.ts';
import { type Tags, wavFile } from './wav.ts';

/** A Music Player Daemon that plays to nowhere, with mpdscribble beside it, both Debian's packages. */
export interface Mpd {
  /** Gives an order to mpd with `mpc`, such as `play 1`. */
  order(...words: string[]): Promise<string>;
  /** What mpdscribble has said. */
  log(): string[];
  stop(): Promise<void>;
}

/** Starts both in a folder of their own, with the tracks as their queue. `url`: where to submit to. */
export async function startMpd(url: string, user: { name: string; password: string }, tracks: Tags[]): Promise<Mpd> {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-mpd-'));
  const socket = join(folder, 'mpd.socket');
  await mkdir(join(folder, 'music'));
  for (const [n, tags] of tracks.entries()) await writeFile(join(folder, 'music', `${n}.wav`), wavFile(tags));
  await writeFile(join(folder, 'mpd.conf'), mpdConfig(folder, socket));
  await writeFile(join(folder, 'mpdscribble.conf'), scribbleConfig(folder, url, user), { mode: 0o600 });
  const env = { PATH: process.env.PATH, HOME: folder };
  const child = (name: string, args: string[]) =>
    startChild({
      name,
      program: requireProgram(name, name),
      args,
      env,
      cwd: folder,
      logFile: join(folder, `${name}.log`),
      deathSignal: 'TERM',
    });
  const mpc = requireProgram('mpc', 'mpc');
  const order = async (...words: string[]) =>
    (await promisify(execFile)(mpc, ['--quiet', `--host=${socket}`, ...words], { env, timeout: PATIENCE })).stdout;
  const mpd = await child('mpd', ['--no-daemon', join(folder, 'mpd.conf')]);
  await eventually(() => order('update', '--wait'));
  await order('add', '/');
  const scribble = await child('mpdscribble', [
    '--no-daemon',
    '--conf',
    join(folder, 'mpdscribble.conf'),
    '--log',
    '-',
    '--host',
    socket,
  ]);
  return {
    order,
    log: () => scribble.logTail(50),
    async stop() {
      await scribble.stop();
      await mpd.stop();
      await eventually(() => expect(processesIn(folder)).to.be.empty);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function mpdConfig(folder: string, socket: string): string {
  const settings = {
    music_directory: join(folder, 'music'),
    db_file: join(folder, 'mpd.db'),
    bind_to_address: socket,
    log_file: '/dev/stderr',
    zeroconf_enabled: 'no',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}"`);
  return [...lines, 'audio_output {', '  type "null"', '  name "nowhere"', '}', ''].join('\n');
}

function scribbleConfig(folder: string, url: string, user: { name: string; password: string }): string {
  const journal = join(folder, 'journal');
  return `verbose = 2\n[earshot]\nurl = ${url}\nusername = ${user.name}\npassword = ${user.password}\njournal = ${journal}\n`;
}
