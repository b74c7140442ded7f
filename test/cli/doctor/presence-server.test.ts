import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Kamailio, startKamailio } from '../../../bench/sip/kamailio.ts';
import { presenceServer } from '../../../cli/doctor/checks/presence-server.ts';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { createPatient } from '../../../cli/doctor/patient.ts';
import { freePort } from '../../../local/ports.ts';
import { startScriptedServer } from '../../support/sip/scripted-server.ts';
import { DOMAIN } from '../../support/sip/sip-subject.ts';

const KEYS = { EARSHOT_NUMBER_KEY: 'ab'.repeat(32), EARSHOT_SECRETS_KEY: 'cd'.repeat(32) };
const LOGIN = { EARSHOT_SIP_USER: 'earshot', EARSHOT_SIP_PASSWORD: 'correct horse' };

describe('cli/doctor/checks/presence-server', () => {
  let folder: string;
  let kamailio: Kamailio;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'earshot-doctor-sip-'));
    const login = { user: LOGIN.EARSHOT_SIP_USER, password: LOGIN.EARSHOT_SIP_PASSWORD };
    kamailio = await startKamailio(join(folder, 'kamailio'), { login });
  });

  after(async () => {
    await kamailio?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function look(settings: Record<string, string>): Promise<Finding[]> {
    const patient = createPatient({ ...KEYS, ...settings }, ['worker']);
    return [await presenceServer.look(patient)].flat();
  }
  const at = (port: number) => ({
    EARSHOT_SIP_SERVER: `tcp://127.0.0.1:${port}`,
    EARSHOT_SIP_DOMAIN: DOMAIN,
  });

  it('says nothing where no presence server is set, and waits for settings that are wrong', async () => {
    expect(await look({})).to.deep.equal([]);
    const wrong = { ...at(5060), EARSHOT_SIP_SERVER: 'udp://presence.op.example' };
    expect(createPatient({ ...KEYS, ...wrong }, ['worker']).faults.join()).to.match(/EARSHOT_SIP_SERVER/);
    const failure = await look(wrong).catch((err: Error) => err);
    expect((failure as Error).message).to.equal('not looked at: what is wrong with EARSHOT_SIP_SERVER comes first');
  });

  it('finds a server that takes the password, and has nothing published there', async () => {
    const [found] = await look({ ...at(kamailio.port), ...LOGIN });
    expect(found).to.deep.equal({
      level: 'ok',
      what: 'the presence server answers, and takes EARSHOT_SIP_USER; nothing was published',
    });
  });

  it('says what to do about a password that is wrong or missing, and names none', async () => {
    const wrong = { ...LOGIN, EARSHOT_SIP_PASSWORD: 'a secret' };
    const [refused] = await look({ ...at(kamailio.port), ...wrong });
    expect(refused?.level).to.equal('fault');
    expect(refused?.what).to.match(/^the presence server refuses EARSHOT_SIP_USER and EARSHOT_SIP_PASSWORD: set those/);
    expect(refused?.what).to.not.contain('a secret');
    const [missing] = await look(at(kamailio.port));
    expect(missing?.what).to.match(/^the presence server asks for a password: set EARSHOT_SIP_USER/);
  });

  it('says what to do about one that is not there, takes no publications, or wants to be left alone', async () => {
    const [away] = await look(at(await freePort()));
    expect(away?.what).to.match(/^cannot connect to the presence server: ECONNREFUSED: no phone sees .* Start what/);
    for (const [status, level] of [
      ['489 Bad Event', 'fault'],
      ['501 Not Implemented', 'fault'],
      ['503 Service Unavailable', 'warning'],
      ['404 Not Found', 'ok'],
    ] as const) {
      const server = await startScriptedServer(() => ({ status }));
      try {
        const [found] = await look(at(server.port));
        expect(found?.level, status).to.equal(level);
        expect(server.requests.map((request) => [request.header('Expires'), request.body])).to.deep.equal([['0', '']]);
      } finally {
        await server.stop();
      }
    }
  });
});
