import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Child, startChild } from '../../local/children/child.ts';
import { findEjabberd } from '../../local/ejabberd/ejabberd-program.ts';
import { projectRoot } from '../../local/project-root.ts';
import { eventually } from '../support/eventually.ts';

const SCRIPT = join(projectRoot(), 'deploy', 'ejabberd-compact.sh');

/** An Erlang with its tables in a folder, called as ejabberd's command calls it, is all of ejabberd that the script looks at. */
describe('writing the files of an ejabberd anew', () => {
  let dir: string;
  let running: Child;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'earshot-compact-'));
    const log = join(dir, 'log');
    await writeFile(log, '');
    running = await startChild({
      name: 'erl',
      program: findEjabberd().erl,
      args: ['-noinput', '-mnesia', 'dir', `"${join(dir, 'spool')}"`, '-eval', STARTS],
      env: { ...process.env, ERL_CRASH_DUMP_SECONDS: '0' },
      logFile: log,
      deathSignal: 'KILL',
    });
    await eventually(async () => expect(await readFile(log, 'utf8')).to.contain('its tables are there'));
    await symlink(join(dir, 'spool'), join(dir, 'link'));
  });

  after(async () => {
    await running?.kill();
    await rm(dir, { recursive: true, force: true });
  });

  const writeAnew = (folder: string) =>
    promisify(execFile)('sh', [SCRIPT, join(dir, folder)]).then(
      () => 'done',
      ({ stderr }) => stderr as string,
    );

  it('is refused while it runs, whatever its folder is called', async () => {
    expect(await writeAnew('spool')).to.contain('ejabberd runs on');
    expect(await writeAnew('link')).to.contain('ejabberd runs on');
  });

  it('is refused while one of that user runs on a folder that is not to be seen, as in a container', async () => {
    await rename(join(dir, 'spool'), join(dir, 'outside'));
    expect(await writeAnew('outside')).to.contain('is not to be seen from here');
  });

  it('is done when it has stopped, and is refused where there is no database', async () => {
    await running.kill();
    expect(await writeAnew('outside')).to.equal('done');
    expect(await writeAnew('.')).to.contain('There is no database of ejabberd');
  });
});

const STARTS = 'ok = mnesia:create_schema([node()]), ok = mnesia:start(), io:format("its tables are there~n").';
