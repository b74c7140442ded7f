import { existsSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { projectRoot } from '../../local/project-root.ts';
import { cacheFolder } from './cache.ts';
import { debianRoot } from './debian-root.ts';
import { run, said } from './run.ts';

/** What all of `npm test` runs on beside this machine's own: another line of Node.js here, or a Debian in a folder. */
export const PLATFORMS = ['node-22', 'node-24', 'debian-13'] as const;
export type PlatformName = (typeof PLATFORMS)[number];

/** What `npm test` has said there. `runs`: with what. */
export type SuiteResult = { runs: string; day: string; passed: number; failed: number; skipped: number };

/** `said`: what a line of shell writes to its standard output, in a checkout. `log`: a file, as the line sees it. */
type Platform = { run(line: string): void; said(line: string): string; log: string };

/** Those at the beginning, and the line of shell behind them. @throws Error where there is none */
export function chosenPlatforms(words: readonly string[]): { names: readonly PlatformName[]; line: string } {
  const names = PLATFORMS.filter((name) => words.includes(name));
  if (names.length === 0) throw new Error(`On which? There are ${PLATFORMS.join(', ')}.`);
  return { names, line: words.filter((word) => !names.some((name) => name === word)).join(' ') };
}

/** Runs a line of shell there, its output on the terminal. @throws Error when it fails */
export function runOn(name: PlatformName, line: string): void {
  platform(name).run(line);
}

/** Runs the suite there, and says what failed. @throws Error where it comes to no result, as when the check before it fails */
export function suiteOn(name: PlatformName): SuiteResult {
  const there = platform(name);
  const text = there.said(`npm test >${there.log} 2>&1; grep -E '^ +[0-9]+ (passing|failing|pending)' ${there.log}`);
  const count = (what: string) => Number(new RegExp(`(\\d+) ${what}`).exec(text)?.[1] ?? 0);
  if (count('failing') > 0) console.log(there.said(`sed -n '/^ *[0-9]* failing/,$p' ${there.log}`));
  if (count('passing') === 0) throw new Error(`npm test has come to no result on ${name}: see ${there.log}.`);
  const debian = there.said('. /etc/os-release && echo $VERSION_ID');
  const runs = `Node.js ${there.said('node --version').slice(1)}, Debian ${debian}`;
  const day = new Date().toISOString().slice(0, 10);
  return { runs, day, passed: count('passing'), failed: count('failing'), skipped: count('pending') };
}

function platform(name: PlatformName): Platform {
  const [kind = '', number = ''] = name.split('-');
  if (kind === 'debian') return { ...debianRoot(Number(number)), log: '/npm-test.log' };
  const options = {
    cwd: projectRoot(),
    env: { ...process.env, PATH: `${nodeLine(number)}${delimiter}${process.env.PATH}` },
  };
  return {
    run: (line) => run('sh', ['-c', line], options),
    said: (line) => said('sh', ['-c', line], options),
    log: join(cacheFolder(), `${name}.log`),
  };
}

/** The folder with the program of that line of Node.js, fetched once by npm. */
function nodeLine(line: string): string {
  const folder = join(cacheFolder(), `node-${line}`);
  const program = join('node_modules', `node-${process.platform}-${process.arch}`);
  if (!existsSync(folder)) {
    const draft = `${folder}.part`;
    rmSync(draft, { recursive: true, force: true });
    run('npm', [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefix',
      draft,
      `node-${process.platform}-${process.arch}@${line}`,
    ]);
    renameSync(draft, folder);
  }
  return join(folder, program, 'bin');
}
