import { execFile } from 'node:child_process';
import { chmodSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { requireProgram } from './children/programs.ts';

/** PEM files. */
export type Certificate = { cert: string; key: string };

const DAYS = '3650';

/**
 * A certificate for a host, signed by itself: in `HOST.crt` and `HOST.key` of the folder, made when they are missing. There are clients
 * that log in nowhere without TLS. Throws a StartError `PROGRAM_MISSING` where there is no openssl.
 */
export async function ownCertificate(folder: string, host: string): Promise<Certificate> {
  const [cert, key] = [join(folder, `${host}.crt`), join(folder, `${host}.key`)];
  if (existsSync(cert)) return { cert, key };
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', DAYS];
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  // The last step makes it complete: a start that was cut off makes both anew.
  const draft = `${cert}.part`;
  const words = ['req', ...kind, ...subject, '-keyout', key, '-out', draft];
  await promisify(execFile)(requireProgram('openssl', 'openssl'), words);
  chmodSync(key, 0o600);
  renameSync(draft, cert);
  return { cert, key };
}
