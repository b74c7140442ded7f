import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT_SETTING } from '../../local/ejabberd/ejabberd-program.ts';
import { projectRoot } from '../../local/project-root.ts';
import { REDIS_PROGRAM_SETTING } from '../../local/redis/redis-program.ts';
import { unpackedBackport } from './backport.ts';
import { debianRoot } from './debian-root.ts';
import { flowsOf } from './flows.ts';
import { type Report, resultsOf, type Tried, together } from './results.ts';
import { said } from './run.ts';
import { debianHere, type Target } from './targets.ts';

/** Where a suite runs: this machine, or a Debian in a folder. */
type Place = {
  /** Runs a line of shell in a checkout that is built; its exit code is not looked at. */
  attempt(line: string, env: Record<string, string>): void;
  said(line: string): string;
  /** Where to write a report, and how to take it from there. */
  reportName: string;
  takeReport(): string | undefined;
  done(): void;
};

/** Runs these flows on one server; each is told as it ends, as all of them take long. @throws Missing where this machine lacks what that needs */
export function tryFlows(target: Target, names: readonly string[], tell: (tried: Tried) => void): void {
  const flows = flowsOf(target);
  const place = target.debian === debianHere() ? here() : inRoot(target);
  const ran = new Set<string>();
  let report: Report = { tests: [], passes: [], failures: [], pending: [] };
  try {
    const runs = runsOn(place, target);
    for (const { name, tests } of flows.filter((flow) => names.includes(flow.name))) {
      const files = [...new Set(tests.map(({ file }) => file))].filter((file) => !ran.has(file));
      for (const file of files) ran.add(file);
      if (files.length > 0) report = together(report, reportOn(place, target, files));
      const day = new Date().toISOString().slice(0, 10);
      for (const flow of resultsOf(flows, report, [name])) tell({ runs, day, flow });
    }
  } finally {
    place.done();
  }
}

function reportOn(place: Place, target: Target, files: readonly string[]): Report {
  const root = target.backport ? { [ROOT_SETTING]: unpackedBackport() } : {};
  place.attempt(`npx mocha --reporter json --reporter-option output=${place.reportName} ${files.join(' ')}`, {
    EARSHOT_FROM_BUILD: '1',
    EARSHOT_TEST_SERVER: target.kind,
    ...(target.second && { EARSHOT_TEST_SECOND_SERVER: target.second }),
    ...(target.redis && { [REDIS_PROGRAM_SETTING]: target.redis }),
    ...root,
  });
  const report = place.takeReport();
  if (report === undefined) throw new Error(`The tests on ${target.title} ended without a report: see above.`);
  return JSON.parse(report) as Report;
}

function here(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-servers-'));
  const reportName = join(folder, 'report.json');
  const shell = { cwd: projectRoot() };
  return {
    attempt: (line, env) =>
      void spawnSync('sh', ['-c', line], {
        ...shell,
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, ...env },
      }),
    said: (line) => said('sh', ['-c', line], shell),
    reportName,
    takeReport: () => takeText(reportName),
    done: () => rmSync(folder, { recursive: true }),
  };
}

/** With what its own setup installs there, as a newcomer has it. */
function inRoot({ debian, redis }: Target): Place {
  const root = debianRoot(debian);
  root.run('node local/setup.mjs --test');
  if (redis) root.run(`command -v ${redis} >/dev/null || sh local/setup/install-packages.sh ${redis}`);
  const reportName = 'report.json';
  return {
    attempt: (line, env) => root.run(`${line} >/dev/null || true`, env),
    said: root.said,
    reportName,
    takeReport: () => takeText(root.file(reportName)),
    done: () => rmSync(root.file(reportName), { force: true }),
  };
}

/** The file is gone afterwards: the next run writes it anew. */
function takeText(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  rmSync(file);
  return text;
}

/** The versions of what it ran with, as the packages and programs there say it. */
function runsOn(place: Place, { kind, second, backport, redis, title }: Target): string {
  const version = (line: string) => /\d+(\.\d+)+/.exec(place.said(line))?.[0] ?? '?';
  const packaged = (name: string) => version(`dpkg-query -W -f '\${Version}' ${name}`);
  const titles = title.split(' and ');
  const servers = [kind, ...(second ? [second] : [])].map((one, i) =>
    backport && one === 'ejabberd' ? `${titles[i]} (backport)` : `${titles[i]?.split(' ')[0]} ${packaged(one)}`,
  );
  const debian = place.said('. /etc/os-release && echo $VERSION_ID');
  return `${servers.join(' and ')}, Debian ${debian}, ${redis ? `Valkey ${packaged(redis)}` : `Redis ${packaged('redis-server')}`}, Node.js ${version('node --version')}`;
}
