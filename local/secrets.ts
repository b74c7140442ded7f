import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { StartError } from './start-error.ts';

/** What a local stack keeps secret. Made once, then kept with the data: another number key would make every stored hash useless. */
export interface Secrets {
  operatorKey: string;
  componentSecret: string;
  redisPassword: string;
  /** 32 bytes, hexadecimal. */
  numberKey: string;
  /** 32 bytes, hexadecimal. */
  secretsKey: string;
}

/** Reads `secrets.json` from the data folder, or makes it (mode 0600). Throws `DATA_DIR` when the file is broken or lost. */
export function loadSecrets(dataDir: string): Secrets {
  const file = join(dataDir, 'secrets.json');
  if (existsSync(file)) return readSecrets(file);
  if (existsSync(join(dataDir, 'redis'))) throw brokenError(file, 'it is missing beside the data that it belongs to');
  const secrets = newSecrets();
  writePrivateJson(file, secrets);
  return secrets;
}

/** Writes a file that only its owner may read, in one step: a crash leaves the old one or the new one. */
export function writePrivateJson(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    chmodSync(draft, 0o600);
    renameSync(draft, file);
  } catch (error) {
    throw new StartError('DATA_DIR', `${file} cannot be written: ${(error as Error).message}`, error);
  }
}

function readSecrets(file: string): Secrets {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw brokenError(file, (error as Error).message, error);
  }
  // A folder from before there were network address books holds nothing that this key would have sealed.
  const complete = typeof content === 'object' && content !== null && { secretsKey: newKey(), ...content };
  if (!isSecrets(complete)) throw brokenError(file, 'a secret is missing in it');
  if (!('secretsKey' in (content as object))) writePrivateJson(file, complete);
  return complete;
}

function isSecrets(content: unknown): content is Secrets {
  if (typeof content !== 'object' || content === null) return false;
  const values: Record<string, unknown> = { ...content };
  return Object.keys(newSecrets()).every((name) => typeof values[name] === 'string' && values[name] !== '');
}

function brokenError(file: string, reason: string, cause?: unknown): StartError {
  const remedy = 'Bring it back from a backup, or move the whole data folder away to begin with an empty one.';
  return new StartError('DATA_DIR', `${file} cannot be read: ${reason}. ${remedy}`, cause);
}

function newSecrets(): Secrets {
  return {
    operatorKey: randomBytes(24).toString('base64url'),
    componentSecret: randomBytes(24).toString('base64url'),
    redisPassword: randomBytes(24).toString('base64url'),
    numberKey: newKey(),
    secretsKey: newKey(),
  };
}

function newKey(): string {
  return randomBytes(32).toString('hex');
}
