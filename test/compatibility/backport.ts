import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { Missing, run, said } from './run.ts';

const MIRROR = 'http://deb.debian.org/debian';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const SUITE = 'bookworm-backports';

/**
 * The folder with ejabberd of Debian 12's backports, for `EARSHOT_EJABBERD_ROOT`: fetched and unpacked once, which needs nobody's rights, as
 * lists and packages are kept apart from the system's.
 */
export function unpackedBackport(): string {
  const folder = join(cacheFolder(), 'ejabberd-24.12');
  if (existsSync(folder)) return folder;
  if (!existsSync(KEYRING) || said('dpkg', ['--version']) === '')
    throw new Missing('It is unpacked from Debian’s packages, for which Debian is needed.');
  const draft = `${folder}.part`;
  rmSync(draft, { recursive: true, force: true });
  for (const part of ['lists/partial', 'cache/archives/partial', 'packages', 'root'])
    mkdirSync(join(draft, part), { recursive: true });
  const options = aptOptions(draft);
  run('apt-get', [...options, 'update']);
  run('apt-get', [...options, 'download', ...packagesToFetch(options)], { cwd: join(draft, 'packages') });
  for (const file of readdirSync(join(draft, 'packages')))
    run('dpkg-deb', ['--extract', join(draft, 'packages', file), join(draft, 'root')]);
  renameSync(join(draft, 'root'), folder);
  rmSync(draft, { recursive: true });
  return folder;
}

/** Lists, packages and sources of its own, below `folder`. */
function aptOptions(folder: string): string[] {
  const sources = join(folder, 'sources.list');
  const line = (suite: string) => `deb [signed-by=${KEYRING}] ${MIRROR} ${suite} main\n`;
  writeFileSync(sources, line('bookworm') + line(SUITE));
  const settings = {
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::Cache': join(folder, 'cache'),
    // What it fetches goes where only this user may write.
    'APT::Sandbox::User': userInfo().username,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** ejabberd, and those of its libraries that would be upgraded with it. */
function packagesToFetch(options: readonly string[]): string[] {
  const plan = said('apt-get', [...options, 'install', '-s', '--no-install-recommends', '-t', SUITE, 'ejabberd']);
  const names = [...plan.matchAll(/^Inst (\S+) .*Debian Backports/gm)].map(([, name]) => `${name}/${SUITE}`);
  if (names.length === 0) throw new Missing('Its package is not among Debian 12’s backports any more.');
  return names;
}
