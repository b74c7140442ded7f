import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT_SETTING } from '../../local/ejabberd/ejabberd-program.ts';
import { projectRoot } from '../../local/project-root.ts';
import { unpackedBackport } from './backport.ts';
import { debianRoot } from './debian-root.ts';
import { type Flow, flowsOf } from './flows.ts';
import { type Report, resultsOf } from './results.ts';
import { said } from './run.ts';
import type { Column } from './table.ts';
import { debianHere, type Target } from './targets.ts';

/** Where a suite runs: this machine, or a Debian in a folder. */
type Place = {
  /** Runs a line of shell in a checkout that is built; its exit code is not looked at. */
  attempt(line: string, env: Record<string, string>): void;
  said(line: string): string;
  /** Where to write a report, and how to read it. */
  reportName: string;
  readReport(): string | undefined;
  done(): void;
};

/** Runs everything on one server. @throws Missing where this machine lacks what that needs */
export function columnOf(target: Target): Column {
  const flows = flowsOf(target.kind);
  const place = target.debian === debianHere() ? here() : inRoot(target.debian);
  const root = target.backport ? { [ROOT_SETTING]: unpackedBackport() } : {};
  try {
    place.attempt(mochaLine(flows, place.reportName), {
      EARSHOT_FROM_BUILD: '1',
      EARSHOT_TEST_SERVER: target.kind,
      ...root,
    });
    const report = place.readReport();
    if (report === undefined) throw new Error(`The tests on ${target.title} ended without a report: see above.`);
    return {
      runs: runsOn(place, target),
      day: new Date().toISOString().slice(0, 10),
      flows: resultsOf(flows, JSON.parse(report) as Report),
    };
  } finally {
    place.done();
  }
}

function mochaLine(flows: readonly Flow[], report: string): string {
  const files = [...new Set(flows.flatMap(({ tests }) => tests.map(({ file }) => file)))];
  return `npx mocha --reporter json --reporter-option output=${report} ${files.join(' ')}`;
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
    readReport: () => (existsSync(reportName) ? readFileSync(reportName, 'utf8') : undefined),
    done: () => rmSync(folder, { recursive: true }),
  };
}

/** With what its own setup installs there, as a newcomer has it. */
function inRoot(debian: number): Place {
  const root = debianRoot(debian);
  root.run('node local/setup.mjs --test');
  const reportName = 'report.json';
  return {
    attempt: (line, env) => root.run(`${line} >/dev/null || true`, env),
    said: root.said,
    reportName,
    readReport: () => (existsSync(root.file(reportName)) ? readFileSync(root.file(reportName), 'utf8') : undefined),
    done: () => rmSync(root.file(reportName), { force: true }),
  };
}

/** The versions of what it ran with, as the packages and programs there say it. */
function runsOn(place: Place, { kind, backport, title }: Target): string {
  const version = (line: string) => /\d+(\.\d+)+/.exec(place.said(line))?.[0] ?? '?';
  const packaged = (name: string) => version(`dpkg-query -W -f '\${Version}' ${name}`);
  const server = backport ? `${title} (backport)` : `${title.split(' ')[0]} ${packaged(kind)}`;
  const debian = place.said('. /etc/os-release && echo $VERSION_ID');
  return `${server}, Debian ${debian}, Redis ${packaged('redis-server').replace(/^\d+:/, '')}, Node.js ${version('node --version')}`;
}
