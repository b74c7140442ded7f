import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { Fault } from '../../domain/fault.ts';
import type { TlsConfig } from '../../runtime/config/edge-config.ts';
import { every, type Running } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';

/** Milliseconds between two looks at the files. */
const LOOK = 10_000;

/** The certificate as it stands in its files. @throws Fault INVALID_ARGUMENT when they are not usable */
export async function readTls({ certFile, keyFile }: TlsConfig): Promise<SecureContextOptions> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    const options: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2' };
    createSecureContext(options);
    return options;
  } catch (err) {
    const code = (err as NodeJS.ErrnoException).code;
    throw new Fault(
      'INVALID_ARGUMENT',
      `EARSHOT_TLS_CERT_FILE and EARSHOT_TLS_KEY_FILE are not a certificate chain and its key in PEM (${code}).`,
    );
  }
}

/** Takes a renewed certificate without a restart: soon after its files change, and at SIGHUP at once. A broken one is logged, the old one stays. */
export function followTls(server: Server, config: TlsConfig, present: SecureContextOptions, log: Log): Running {
  let used = fingerprint(present);

  async function look(): Promise<void> {
    const options = await readTls(config);
    if (fingerprint(options) === used) return;
    server.setSecureContext(options);
    used = fingerprint(options);
    log.info('the new certificate is in use');
  }

  const looking = every(LOOK, log, look);
  const onSignal = () => void look().catch((err) => log.warn({ err }, 'the certificate was not read anew'));
  process.on('SIGHUP', onSignal);
  return {
    async stop() {
      process.off('SIGHUP', onSignal);
      await looking.stop();
    },
  };
}

function fingerprint({ cert, key }: SecureContextOptions): string {
  return `${cert}${key}`;
}
