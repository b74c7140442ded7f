import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect } from 'node:tls';
import { expect } from 'chai';
import { startProcess } from '../../../local/processes.ts';
import { eventually } from '../../support/eventually.ts';
import { writeCertificate } from '../../support/http/certificate.ts';
import { type ExtraGateway, startExtraGateway } from '../../support/http/extra-gateway.ts';
import { useStack } from '../../support/stack.ts';

describe('TLS on the gateway', () => {
  const stack = useStack();
  let folder: string;
  let files: { certFile: string; keyFile: string };
  let gateway: ExtraGateway;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earshot-tls-'));
    files = await writeCertificate(folder, 'first');
    gateway = await startExtraGateway(stack, {
      EARSHOT_TLS_CERT_FILE: files.certFile,
      EARSHOT_TLS_KEY_FILE: files.keyFile,
    });
  });

  after(async () => {
    await gateway?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The name in the certificate that is served now, and the protocol. */
  async function handshake(options: ConnectionOptions = {}): Promise<{ name: string; protocol: string | null }> {
    const socket = connect({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    const protocol = socket.getProtocol();
    socket.destroy();
    return { name: `${subject.CN}`, protocol };
  }

  it('serves the API with the configured certificate, and promises HTTPS to browsers', async () => {
    const ca = await readFile(files.certFile);
    const call = request(`${gateway.url}/livez`, { ca });
    call.end();
    const [response] = await once(call, 'response');
    response.resume();
    expect(response.statusCode).to.equal(200);
    expect(response.headers['strict-transport-security']).to.match(/^max-age=31536000/);
  });

  it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    expect((await handshake()).protocol).to.equal('TLSv1.3');
    expect((await handshake({ maxVersion: 'TLSv1.2' })).protocol).to.equal('TLSv1.2');
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const refusal = await handshake(old).catch((err: Error) => err.message);
    expect(refusal).to.match(/protocol version/);
  });

  it('takes a renewed certificate at SIGHUP, and by itself soon after; a broken one leaves the old in place', async () => {
    await writeCertificate(folder, 'second');
    process.kill(gateway.pid, 'SIGHUP');
    await eventually(async () => expect((await handshake()).name).to.equal('second'));
    await writeFile(files.keyFile, 'no key');
    process.kill(gateway.pid, 'SIGHUP');
    await eventually(() => expect(gateway.logTail().join('\n')).to.contain('not a certificate chain'));
    expect((await handshake()).name).to.equal('second');
    await writeCertificate(folder, 'third');
    await eventually(async () => expect((await handshake()).name).to.equal('third'));
  });

  it('does not start without a usable certificate, and says which settings it means', async () => {
    await writeFile(files.keyFile, 'no key');
    const settings = { EARSHOT_TLS_CERT_FILE: files.certFile, EARSHOT_TLS_KEY_FILE: files.keyFile };
    const failed = await startProcess({
      role: 'gateway',
      env: { ...stack.env, EARSHOT_HTTP_PORT: '0', ...settings },
      logFile: join(folder, 'log'),
    });
    expect((await failed.exited).code).to.equal(1);
    expect(failed.logTail().join('\n')).to.contain('EARSHOT_TLS_KEY_FILE');
  });
});
