import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { findProgram } from '../../local/children/programs.ts';

/** Rows of the report's table: what the figures were measured with. */
export type Machine = [name: string, value: string][];

const PACKAGES = ['fastify', 'bullmq', 'redis', '@xmpp/component'];

/** Reads everything before the run starts, so that the load is that of other programs. */
export function describeMachine(): Machine {
  const processors = cpus();
  const [load = 0] = loadavg();
  return [
    ['Date', new Date().toISOString()],
    ['Processor', `${processors[0]?.model.trim() ?? 'unknown'}, ${processors.length} cores`],
    ['Memory', `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
    ['System', `${type()} ${release()}`],
    ['Load before the run', load.toFixed(2)],
    ['Node', process.version],
    // Never `prosody --version`, which starts a server.
    ['Prosody', versionFrom('prosodyctl', ['about'], /^Prosody +(\d\S*)/m)],
    ['Redis', versionFrom('redis-server', ['--version'], /v=(\S+)/)],
    ['Packages', PACKAGES.map((name) => `${name} ${packageVersion(name)}`).join(', ')],
  ];
}

/** Rows for a run in which Kamailio took part. */
export function kamailioVersions(): Machine {
  return [
    ['Kamailio', versionFrom('kamailio', ['-v'], /kamailio (\d\S*)/)],
    ['MariaDB', versionFrom('mariadbd', ['--version'], /Ver (\d[^\s-]*)/)],
  ];
}

function versionFrom(program: string, args: string[], pattern: RegExp): string {
  try {
    const output = execFileSync(findProgram(program) ?? program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return pattern.exec(output)?.[1] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

function packageVersion(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
