import { expect } from 'chai';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { bearer, issueKey } from '../../support/http/credentials.ts';
import { startExtraGateway } from '../../support/http/extra-gateway.ts';
import { useStack } from '../../support/stack.ts';

type Fleet = { processes: Record<string, unknown>[]; queues: { name: string; due: number }[] };

describe('the state of the fleet', () => {
  const stack = useStack();
  const api = createApi(stack);
  const fleet = async (secret = stack.operatorKey) =>
    (await api.expectStatus(200, api.call('GET', '/v1/operations', undefined, bearer(secret))))
      .body as unknown as Fleet;
  const roles = async () => (await fleet()).processes.map(({ role }) => role);

  it('names each process with what it does, and what is due', async () => {
    const { processes, queues } = await fleet();
    expect(processes.map(({ role, duty, ready }) => [role, duty, ready])).to.deep.equal([
      ['component', 'active', true],
      ['gateway', undefined, true],
      ['worker', undefined, true],
    ]);
    for (const { started, heard, version, host } of processes) {
      expect(Date.parse(`${started}`)).to.be.at.most(Date.parse(`${heard}`));
      expect([version, host].every((text) => typeof text === 'string' && text !== '')).to.equal(true);
    }
    expect(queues.map(({ name }) => name)).to.include.members(['tune', 'roster', 'reconcile']);
  });

  it('counts who is due', async () => {
    const due = async () => (await fleet()).queues.find(({ name }) => name === 'tune')?.due;
    const before = await due();
    const alice = await api.join('+8613800138000');
    await api.play(alice, { title: 'Until it ends', length: 300 });
    await eventually(async () => expect(await due()).to.equal((before ?? 0) + 1));
  });

  it('has gateways that come, and those that leave in good order', async () => {
    const measured = async () => {
      const { text } = await api.call('GET', '/metrics', undefined, bearer(stack.operatorKey));
      return [...text.matchAll(/^earshot_build_info\{.*role="(\w+)".*\} 1$/gm)].map(([, role]) => role).sort();
    };
    const other = await startExtraGateway(stack);
    await eventually(async () => {
      expect(await roles()).to.deep.equal(['component', 'gateway', 'gateway', 'worker']);
      expect(await measured()).to.deep.equal(await roles());
    });
    await other.stop();
    await eventually(async () => {
      expect(await roles()).to.deep.equal(['component', 'gateway', 'worker']);
      expect(await measured()).to.deep.equal(await roles());
    });
  });

  it('says to the operator alone what is to be done about a component', async () => {
    const scraper = await issueKey(api, ['metrics:read']);
    const component = async (secret?: string) =>
      (await fleet(secret)).processes.find(({ role }) => role === 'component');
    expect(await component()).to.not.have.property('advice');
    await stack.kill('server');
    await eventually(async () => expect((await component())?.advice).to.match(/EARSHOT_COMPONENT_SERVICE/));
    const seen = await component(scraper.key);
    expect(seen?.missing).to.deep.equal(['the connection to the XMPP server']);
    expect(seen).to.not.have.property('advice');
    await eventually(async () => {
      const { text } = await api.call('GET', '/metrics', undefined, bearer(stack.operatorKey));
      expect(text).to.match(/^earshot_xmpp_connected\{.*role="component".*\} 0$/m);
    });
    await stack.restart('server');
    await stack.untilReady();
    await eventually(async () => {
      const { text } = await api.call('GET', '/metrics', undefined, bearer(stack.operatorKey));
      expect(text).to.match(/^earshot_xmpp_connected\{.*role="component".*\} 1$/m);
    });
  });

  it('is told to the operator and to a credential that may read metrics, and to nobody else', async () => {
    const scraper = await issueKey(api, ['metrics:read']);
    expect((await fleet(scraper.key)).processes).to.have.length(3);
    const ranged = await issueKey(api, ['metrics:read'], ['+86']);
    const { token } = await api.join('+8613900139000');
    for (const secret of [ranged.key, token])
      expect((await api.call('GET', '/v1/operations', undefined, bearer(secret))).status).to.equal(403);
  });
});
