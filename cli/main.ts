#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { nearestWord } from '../domain/nearest-word.ts';
import { credential } from './credential.ts';
import { importFile } from './import.ts';
import { createProgress } from './progress.ts';
import { reconcileAll } from './reconcile.ts';
import { findServer, type Server } from './server.ts';
import { showStatus } from './status.ts';
import { showSubscriber } from './subscriber.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage:
  earshot doctor [--role component|gateway|worker …] [--connect] [--json]
  earshot status [--json]
  earshot subscriber show +NUMBER|ID [--json]
  earshot reconcile --all [--json]
  earshot import FILE.csv|FILE.ndjson [--dry-run] [--report FILE] [--json]
  earshot credential create --name NAME --scope SCOPE … [--range +PREFIX …] [--oauth-client ID] [--home HOST] [--expires TIME] [--json]
  earshot credential list [--json]
  earshot credential rotate ID [--grace SECONDS] [--json]
  earshot credential revoke ID

The gateway: EARSHOT_URL (http://127.0.0.1:8080) and EARSHOT_OPERATOR_KEY (or …_FILE), or a running npm start in this folder.
doctor asks Redis, the XMPP server and whatever else the processes need, with their own settings (docs/configuration.md).`;

const COMMANDS = ['doctor', 'status', 'subscriber', 'reconcile', 'import', 'credential'];

/** Milliseconds in which what was begun may end. */
const LEAVING = 500;

const print = (line: string) => void process.stdout.write(`${line}\n`);

// Whoever reads no further, as `head` does, has what it wanted; what was begun ends as it would.
process.stdout.on('error', (err: NodeJS.ErrnoException) => {
  if (err.code !== 'EPIPE') throw err;
});

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (err) {
  process.stderr.write(`${err instanceof UsageError ? err.message : (err as Error).stack}\n`);
  process.exitCode = 2;
}

/** 0: done; 1: done, with something that the operator should see. */
async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArgs(args);
  const [command, ...rest] = positionals;
  const json = values.json === true;
  const wantsHelp = values.help === true || command === 'help';
  if (wantsHelp || command === undefined) {
    print(USAGE);
    return wantsHelp ? 0 : 2;
  }
  if (!COMMANDS.includes(command))
    throw new UsageError(`There is no command ${command}; is ${nearestWord(command, COMMANDS)} meant?\n${USAGE}`);
  if (command === 'doctor' && rest.length === 0) return runDoctor(values);
  const server = findServer(process.env);
  if (command === 'status' && rest.length === 0) return showStatus(server, json, print);
  const [first, second] = rest;
  if (command === 'subscriber' && first === 'show' && second !== undefined)
    return showSubscriber(server, second, json, print);
  if (command === 'reconcile' && rest.length === 0) {
    if (!values.all)
      throw new UsageError(`Say --all: it looks at every subscriber again, in the background.\n${USAGE}`);
    return reconcileAll(server, json, print, process.stderr);
  }
  if (command === 'credential') return credential(server, rest, values, print);
  if (command === 'import' && first !== undefined && second === undefined) return runImport(server, first, values);
  throw new UsageError(USAGE);
}

function readArgs(args: string[]) {
  try {
    const options = {
      json: { type: 'boolean' },
      all: { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      report: { type: 'string' },
      role: { type: 'string', multiple: true },
      connect: { type: 'boolean' },
      name: { type: 'string' },
      scope: { type: 'string', multiple: true },
      range: { type: 'string', multiple: true },
      'oauth-client': { type: 'string' },
      home: { type: 'string' },
      expires: { type: 'string' },
      grace: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args, options, allowPositionals: true });
  } catch (err) {
    throw new UsageError(`${(err as Error).message}\n${USAGE}`);
  }
}

type Values = ReturnType<typeof readArgs>['values'];

/** What the doctor needs of the processes is read when it is called for, and no other command waits for it. */
async function runDoctor({ role = [], connect = false, json = false }: Values): Promise<number> {
  const { doctor } = await import('./doctor/doctor.ts');
  const code = await doctor(process.env, role, connect, json, print);
  // A check that was given up may hold a connection.
  setTimeout(() => process.exit(code), LEAVING).unref();
  return code;
}

async function runImport(server: Server, file: string, values: Values): Promise<number> {
  const dryRun = values['dry-run'] === true;
  // What a dry run calls created is not: it must not stand beside what is.
  const report = values.report ?? `${file}.${dryRun ? 'dry-run' : 'report'}.ndjson`;
  const progress = createProgress(file, process.stderr);
  const counts = await importFile(server, { file, dryRun, report }, progress).finally(progress.end);
  if (values.json) print(JSON.stringify({ dryRun, report, ...counts }));
  else
    print(
      `${dryRun ? 'Would be' : 'Done'}: ${counts.created} created, ${counts.updated} updated, ${counts.unchanged} unchanged, ${counts.refused} refused. Every row is in ${report}.`,
    );
  return counts.refused === 0 ? 0 : 1;
}
