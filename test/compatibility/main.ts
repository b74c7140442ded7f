import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../local/project-root.ts';
import { debianRoot } from './debian-root.ts';
import { Missing } from './run.ts';
import { columnOf } from './suite.ts';
import { type Column, columnsIn, pageOf } from './table.ts';
import { chosenTargets, TARGETS, type Target } from './targets.ts';

// npm run test:servers                          all servers
// npm run test:servers -- ejabberd-24.12        one of them
// npm run test:servers -- in 13 'npm test'      anything else, in a copy of this checkout in Debian 13

const PAGE = join(projectRoot(), 'docs', 'servers.md');

const words = process.argv.slice(2);
try {
  if (words[0] === 'in') debianRoot(Number(words[1])).run(words.slice(2).join(' '));
  else for (const target of chosenTargets(words)) tryServer(target);
} catch (err) {
  console.error((err as Error).message);
  process.exitCode = 1;
}

/** The page is written after each server, as all of them take long. */
function tryServer(target: Target): void {
  console.log(`${target.title} …`);
  const column = tried(target);
  const columns = existsSync(PAGE) ? columnsIn(readFileSync(PAGE, 'utf8')) : {};
  writeFileSync(PAGE, pageOf(TARGETS, { ...columns, [target.name]: column }));
  say(column);
}

function tried(target: Target): Column {
  try {
    return columnOf(target);
  } catch (err) {
    if (err instanceof Missing) return { missing: err.message };
    throw err;
  }
}

/** A server that could not be tried is no success, either. */
function say(column: Column): void {
  if ('missing' in column) {
    console.log(`  not run: ${column.missing}`);
    process.exitCode = 1;
    return;
  }
  const [failed, skipped] = [column.flows.flatMap((flow) => flow.failed), column.flows.flatMap((flow) => flow.skipped)];
  const passed = column.flows.reduce((sum, flow) => sum + flow.passed, 0);
  console.log(`  ${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  for (const test of failed) console.log(`  failed: ${test}`);
  if (failed.length > 0) process.exitCode = 1;
}
