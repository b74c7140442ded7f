import { expect } from 'chai';
import { startWithoutXmpp, type WithoutXmpp } from '../../support/servers/without-xmpp.ts';

const UNLIKE = ['straße', 'ﬁona', 'νίκος', 'a\u00ADlice', 'a\u200Blice'];

describe('a JID, however it is written', () => {
  let world: WithoutXmpp;

  before(async () => {
    world = await startWithoutXmpp({});
  });

  after(async () => world?.stop());

  const create = (phoneNumber: string, jid: string) => world.api.call('POST', '/v1/subscribers', { phoneNumber, jid });

  for (const name of UNLIKE)
    it(`is refused where the server would store another (${JSON.stringify(name)}), at each door, and says why`, async () => {
      const jid = `${name}@op.example`;
      const created = await create('+8613800138000', jid);
      expect(created.status).to.equal(400);
      expect(created.body).to.include({ code: 'INVALID_ARGUMENT' });
      expect(created.body.detail).to.match(
        /^jid must be a bare JID on op\.example.* send it as the server writes it\.$/,
      );
      const person = await world.join(`+861380014${String(UNLIKE.indexOf(name)).padStart(4, '0')}`);
      const patched = await world.api.call('PATCH', `/v1/subscribers/${person.id}`, { jid });
      expect([patched.status, patched.body.code]).to.deep.equal([400, 'INVALID_ARGUMENT']);
      const row = `${JSON.stringify({ phoneNumber: '+8613800138001', jid })}\n`;
      const imported = await world.api.call('POST', '/v1/imports', row, { 'content-type': 'application/x-ndjson' });
      expect(imported.text.split('\n')[0]).to.include('"outcome":"refused"').and.include('bare JID on op.example');
    });

  it('is one account: nobody else gets it by another spelling', async () => {
    const first = await create('+8613800138010', 'E\u0301va.＋1@OP.example.');
    expect([first.status, first.body.jid]).to.deep.equal([201, 'éva.+1@op.example']);
    for (const spelling of ['éva.+1@op.example', 'ÉVA.+1@op.example', 'Éva.＋１@op.example'])
      expect((await create('+8613800138011', spelling)).status, spelling).to.equal(409);
    const row = `${JSON.stringify({ phoneNumber: '+8613800138010', jid: 'ÉVA.＋1@op.example' })}\n`;
    const imported = await world.api.call('POST', '/v1/imports', row, { 'content-type': 'application/x-ndjson' });
    expect(imported.text.split('\n')[0]).to.include('"outcome":"unchanged"');
  });
});
