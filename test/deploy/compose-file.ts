import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import { projectRoot } from '../../local/project-root.ts';

/** A service as Compose starts it, as far as the file of this project uses what Compose has (https://github.com/compose-spec/compose-spec). */
export type Service = {
  image: string;
  user: string;
  build?: { context: string; dockerfile: string; target?: string };
  command?: string[];
  profiles?: string[];
  environment: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  tmpfs?: string[];
  read_only: boolean;
  cap_drop: string[];
  security_opt: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[]; interval: string };
};

export type ComposeFile = { services: Record<string, Service>; volumes: Record<string, object> };

export const COMPOSE_FILE = join(projectRoot(), 'deploy', 'compose', 'compose.yaml');

/** What `deploy/compose/make-env.sh` writes for that host. */
export function newEnv(host: string): Record<string, string> {
  const script = join(projectRoot(), 'deploy', 'compose', 'make-env.sh');
  const text = execFileSync('sh', [script, host], { encoding: 'utf8' });
  return variablesIn(text);
}

/** The lines of docs/operating.md that turn on the service for a presence server, appended to that file. */
export function withSip(env: Record<string, string>): Record<string, string> {
  const text = readFileSync(join(projectRoot(), 'docs', 'operating.md'), 'utf8');
  const [, lines] = /^cat >>deploy\/compose\/\.env (<<END\n.*?\nEND)\n/ms.exec(text) ?? [];
  if (lines === undefined) throw new Error('docs/operating.md does not say how to turn on sip.');
  return { ...env, ...variablesIn(execFileSync('sh', ['-c', `cat ${lines}`], { encoding: 'utf8' })) };
}

function variablesIn(text: string): Record<string, string> {
  const lines = text.trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.replaceAll("'", '').split(/=(.*)/, 2) as [string, string]));
}

/**
 * What is started of the file, with the variables of `.env` put in as Compose does it: `${NAME:?message}`, `${NAME:-}`, and `$$` for a
 * dollar. @throws Error for one that must not be missing
 */
export function readCompose(env: Record<string, string>): ComposeFile {
  const text = readFileSync(COMPOSE_FILE, 'utf8');
  const { errors } = parseDocument(text, { merge: true });
  if (errors[0]) throw errors[0];
  const { services, ...rest } = withVariables(parse(text, { merge: true }), env) as ComposeFile;
  const wanted = Object.entries(services).filter(
    ([, { profiles }]) => !profiles || profiles.includes(env.COMPOSE_PROFILES ?? ''),
  );
  return { services: Object.fromEntries(wanted), ...rest };
}

function withVariables(value: unknown, env: Record<string, string>): unknown {
  if (typeof value === 'string')
    return value.replaceAll(
      /\$(?:(\$)|\{(\w+):(?:\?[^}]*|(-))\})/g,
      (_, dollar, name, optional) => dollar ?? of(env, name, optional !== undefined),
    );
  if (Array.isArray(value)) return value.map((one) => withVariables(one, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withVariables(one, env)]));
}

function of(env: Record<string, string>, name: string, mayBeMissing: boolean): string {
  const value = env[name] ?? '';
  if (value === '' && !mayBeMissing) throw new Error(`${name} is not in .env.`);
  return value;
}
