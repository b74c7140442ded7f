import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Kamailio, startKamailio } from '../../../bench/sip/kamailio.ts';
import { type Certificate, ownCertificate } from '../../../local/own-certificate.ts';
import { type EarshotProcess, startProcess } from '../../../local/processes.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { DOMAIN } from '../../support/sip/sip-subject.ts';
import { useStack } from '../../support/stack.ts';

describe('a presence server over TLS, with a password', () => {
  const stack = useStack();
  const api = createApi(stack);
  const login = { user: 'earshot', password: 'correct horse' };
  let folder: string;
  let certificate: Certificate;
  let kamailio: Kamailio;
  let sip: EarshotProcess | undefined;
  let alice: Person;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earshot-sip-tls-'));
    certificate = await ownCertificate(folder, 'localhost');
    kamailio = await startKamailio(join(folder, 'kamailio'), { tls: certificate, login });
    alice = await api.join('+4915112345678');
    await api.play(alice, { title: 'Sealed', length: 600 });
  });

  afterEach(async () => sip?.stop());

  after(async () => {
    await kamailio?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(settings: Record<string, string>): Promise<void> {
    const place = {
      EARSHOT_SIP_SERVER: `tls://localhost:${kamailio.port}`,
      EARSHOT_SIP_DOMAIN: DOMAIN,
      EARSHOT_SIP_USER: login.user,
      EARSHOT_SIP_PASSWORD: login.password,
    };
    const logFile = join(folder, 'sip.log');
    sip = await startProcess({ role: 'sip', env: { ...stack.env, ...place, ...settings }, logFile });
  }

  /** What the process says that it waits for; undefined where it does not run yet. */
  async function missing(): Promise<string[] | undefined> {
    const { body } = await api.expectStatus(200, api.call('GET', '/v1/operations'));
    const processes = body.processes as unknown as { role: string; missing: string[] }[];
    return processes.find(({ role }) => role === 'sip')?.missing;
  }

  it('is told nothing where its certificate is not known, and the operator is told why', async () => {
    await start({});
    await eventually(async () => expect((await missing())?.join()).to.match(/cannot connect .*SELF_SIGNED_CERT/));
  });

  it('is told nothing with another password', async () => {
    await start({ NODE_EXTRA_CA_CERTS: certificate.cert, EARSHOT_SIP_PASSWORD: 'wrong' });
    await eventually(async () => expect((await missing())?.join()).to.match(/refuses EARSHOT_SIP_USER/));
  });

  it('is told what plays with both', async () => {
    await start({ NODE_EXTRA_CA_CERTS: certificate.cert });
    await api.play(alice, { title: 'Sealed and signed', length: 600 });
    await eventually(async () => {
      const { text } = await api.call('GET', '/metrics');
      expect(text).to.match(/earshot_sip_publishes_total\{what="publish",outcome="accepted",role="sip"/);
    });
    await eventually(async () => expect(await missing()).to.deep.equal([]));
  });
});
