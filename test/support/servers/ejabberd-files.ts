import { execFile } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findEjabberd } from '../../../local/ejabberd/ejabberd-program.ts';
import { projectRoot } from '../../../local/project-root.ts';
import type { TestStack } from './own-stack.ts';

const SCRIPT = join(projectRoot(), 'deploy', 'ejabberd-compact.sh');

/**
 * Has the files of the stack's ejabberd written anew, without what was deleted, as docs/operating.md says: it starts once, so that its
 * log is in its tables, and is stopped meanwhile. Returns when all is ready again.
 */
export async function writeFilesAnew(stack: TestStack): Promise<void> {
  await stack.restart('server');
  await stack.untilReady();
  await stack.part('server').stop();
  const path = [dirname(findEjabberd().erl), process.env.PATH].join(delimiter);
  await promisify(execFile)('sh', [SCRIPT, join(stack.server().dir, 'spool')], { env: { ...process.env, PATH: path } });
  await stack.restart('server');
  await stack.untilReady();
}
