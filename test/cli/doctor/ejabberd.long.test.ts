import { readFile } from 'node:fs/promises';
import { createServer as createWebServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { xmpp } from '../../../cli/doctor/checks/xmpp.ts';
import { examine, type Told } from '../../../cli/doctor/examine.ts';
import { createPatient, ROLES } from '../../../cli/doctor/patient.ts';
import { makeEjabberdAccount } from '../../../local/ejabberd/ejabberd-api.ts';
import { eventually } from '../../support/eventually.ts';
import { type Relay, startRelay } from '../../support/relay.ts';
import { useStack } from '../../support/stack.ts';

/** What is wrong, the settings of it, what is waited for, and what the component and the doctor say is to be done. */
type Mistake = [what: string, settings: Record<string, string>, waitsFor: string, advice: RegExp];

describe('earshot doctor, and the component, say what is wrong with the way to the HTTP API of ejabberd', () => {
  const stack = useStack({ server: 'ejabberd' });
  const own = { EARSHOT_EJABBERD_API: '', EARSHOT_EJABBERD_API_USER: '', EARSHOT_EJABBERD_API_PASSWORD: '' };
  let relay: Relay;
  let silent: Server;
  let stranger: Server;

  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = (port: number) => ({ EARSHOT_EJABBERD_API: `http://127.0.0.1:${port}/api` });
  const ownPort = () => Number(new URL(own.EARSHOT_EJABBERD_API).port);

  before(async () => {
    for (const name of Object.keys(own) as (keyof typeof own)[]) own[name] = stack.env[name] ?? '';
    silent = createServer();
    stranger = createWebServer((_request, response) => response.writeHead(404).end());
    await Promise.all([listen(silent), listen(stranger)]);
    relay = await startRelay(ownPort());
  });

  after(() => {
    relay?.close();
    silent?.close();
    stranger?.close();
  });

  async function look(settings: Record<string, string> = {}): Promise<Told[]> {
    const patient = createPatient({ ...stack.env, ...settings }, ROLES);
    const told: Told[] = [];
    for await (const one of examine(patient, [xmpp])) told.push(one);
    await patient.close();
    return told;
  }

  /** What is said, after the words that are there in any case. */
  async function fault(who: string, [what, settings, waitsFor, advice]: Mistake): Promise<string> {
    const told = await look(settings);
    expect(told, what).to.have.length(1);
    expect(told[0], what).to.include({ level: 'fault' });
    const said = told[0]?.what ?? '';
    expect(said, what).to.contain(who).and.contain(`waits for ${waitsFor}. `).and.match(advice);
    for (const secret of [own.EARSHOT_EJABBERD_API_PASSWORD, 'p4ssw0rd', stack.env.EARSHOT_COMPONENT_SECRET ?? ''])
      expect(said, what).to.not.contain(secret);
    return said.slice(said.search(advice));
  }

  const AWAY = 'the HTTP API of ejabberd to answer (EARSHOT_EJABBERD_API)';
  const STRANGER =
    'the HTTP API of ejabberd to let the component in (EARSHOT_EJABBERD_API_USER, EARSHOT_EJABBERD_API_PASSWORD)';
  const UNKNOWN =
    /The HTTP API of ejabberd at http:.* does not know EARSHOT_EJABBERD_API_USER, or with another password/;
  const noApiAt = (port: number, why: string) =>
    new RegExp(`No HTTP API of ejabberd answers at http://127.0.0.1:${port}/api, .*\\(${why}\\)\\. Let .*mod_http_api`);

  it('by what the doctor finds itself where no component runs', async () => {
    await stack.kill('component');
    const who = 'no component runs; one that this command started';
    await eventually(async () =>
      expect(await look()).to.deep.equal([
        { check: 'xmpp', level: 'ok', what: `${who} is connected, with every right` },
      ]),
    );
    const mistakes: Mistake[] = [
      ['nobody listens', at(1), AWAY, noApiAt(1, 'ECONNREFUSED')],
      ['nobody answers', at(portOf(silent)), AWAY, noApiAt(portOf(silent), 'no answer in time')],
      ['somebody else', at(portOf(stranger)), AWAY, noApiAt(portOf(stranger), 'answered with 404 and no JSON')],
      [
        'another path',
        { EARSHOT_EJABBERD_API: `http://127.0.0.1:${ownPort()}` },
        AWAY,
        /answers at http:\/\/127\.0\.0\.1:\d+, .*answered with 404/,
      ],
      ['another password', { EARSHOT_EJABBERD_API_PASSWORD: 'p4ssw0rd' }, STRANGER, UNKNOWN],
      ['another user', { EARSHOT_EJABBERD_API_USER: 'nobody@op.example' }, STRANGER, UNKNOWN],
    ];
    for (const mistake of mistakes) await fault(who, mistake);
    await stack.restart('component');
    await stack.untilReady();
  });

  it('by what a component says that runs, which logs the same, and goes on by itself', async () => {
    relay.leadTo(1);
    Object.assign(stack.env, at(relay.port));
    await stack.restart('component');
    await eventually(() => saysTheSame(['nobody answers', {}, AWAY, noApiAt(relay.port, '.*')]));
    relay.leadTo(ownPort());
    await stack.untilReady();
    await eventually(async () => expect((await look())[0]).to.include({ level: 'ok' }));

    const { EARSHOT_EJABBERD_API: url, EARSHOT_EJABBERD_API_USER: user, EARSHOT_EJABBERD_API_PASSWORD: password } = own;
    await makeEjabberdAccount({ url, user, password }, user, 'p4ssw0rd');
    await stack.restart('component');
    await eventually(() => saysTheSame(['another password', {}, STRANGER, UNKNOWN]));
    await makeEjabberdAccount({ url, user, password: 'p4ssw0rd' }, user, password);
    await stack.untilReady();
    await eventually(async () => expect((await look())[0]).to.include({ level: 'ok' }));
  });

  it('by its own settings, also beside a component that has the right ones', async () => {
    await stack.untilReady();
    const wrong: [settings: Record<string, string>, advice: RegExp][] = [
      [at(1), noApiAt(1, 'ECONNREFUSED')],
      [{ EARSHOT_EJABBERD_API_PASSWORD: 'p4ssw0rd' }, UNKNOWN],
      [
        { EARSHOT_COMPONENT_SERVICE: 'xmpp://127.0.0.1:1' },
        /no XMPP server can be reached at xmpp:\/\/127\.0\.0\.1:1 \(EARSHOT_COMPONENT_SERVICE\)/,
      ],
    ];
    for (const [settings, advice] of wrong) {
      const told = await look(settings);
      expect(told.map(({ level }) => level)).to.deep.equal(['ok', 'fault']);
      expect(told[1]?.what)
        .to.match(/^by these settings /)
        .and.match(advice);
      expect(told[1]?.what).to.not.contain('p4ssw0rd').and.not.contain(own.EARSHOT_EJABBERD_API_PASSWORD);
    }
    expect((await look()).map(({ level }) => level)).to.deep.equal(['ok']);
  });

  /** The doctor, and the component in `/readyz` and in its log. */
  async function saysTheSame(mistake: Mistake): Promise<void> {
    const advice = await fault('the component on', mistake);
    const readyz = await (await fetch(`${stack.gatewayUrl}/readyz`)).text();
    expect(readyz).to.contain(mistake[2]);
    const log = await readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');
    expect(log).to.contain(JSON.stringify(advice).slice(1, -1));
    expect(log).to.not.contain('p4ssw0rd').and.not.contain(own.EARSHOT_EJABBERD_API_PASSWORD);
  }
});
