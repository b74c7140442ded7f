import { expect } from 'chai';
import { ownAccount } from '../../../component/server/own-account.ts';
import { NoAccount } from '../../../component/server/server.ts';
import { Denied } from '../../../component/stream/denied.ts';
import { TUNE } from '../../../component/stream/tune-namespace.ts';
import { xml } from '../../../component/stream/xml.ts';
import { failingBackend } from '../../support/servers/failing-backend.ts';
import { SECRET, startUnderTest, type UnderTest } from './under-test.ts';

const { settings, fail, failOnce, mend } = failingBackend();

describe('Prosody whose backend is away', () => {
  let world: UnderTest;
  let jid: string;

  before(async () => {
    world = await startUnderTest('prosody', settings);
    ({ jid } = await world.account('somebody'));
  });

  afterEach(() => mend());

  after(async () => {
    mend();
    await world?.stop();
  });

  const failureOf = (request: Promise<unknown>) => request.catch((err: unknown) => err);
  const publish = () => world.server.nodes?.publish(jid, TUNE, xml('tune', { xmlns: TUNE })) ?? expect.fail('no nodes');
  const codeOf = (err: unknown) => (err as { code?: string }).code;

  describe('and which has no account of the component’s own', () => {
    it('is not believed that an account which was to be deleted is gone', async () => {
      fail(['accounts']);
      expect(await failureOf(world.server.accounts.remove(jid))).to.be.instanceOf(Denied);
      mend();
      expect(await world.server.accounts.exists(jid)).to.equal(true);
    });

    it('makes one when it is back, and is believed by it', async () => {
      const own = ownAccount({ secret: SECRET, homeHost: world.xmpp.domain });
      await world.server.accounts.remove(`nobody@${world.xmpp.domain}`);
      expect(await world.server.accounts.exists(own)).to.equal(true);
    });
  });

  describe('and which a component finds so that has just started', () => {
    it('is not believed that an account is not there, where it is known to have had the component’s own', async () => {
      await world.reconnect();
      fail(['accounts']);
      world.server.accounts.hadOwn();
      expect(codeOf(await failureOf(world.server.accounts.exists(jid)))).to.equal('UNAVAILABLE');
      expect(codeOf(await failureOf(publish()))).to.equal('UNAVAILABLE');
      mend();
      expect(await world.server.accounts.exists(jid)).to.equal(true);
    });
  });

  describe('and which has found the component’s own account before', () => {
    it('is not believed that an account is not there', async () => {
      fail(['accounts']);
      expect(codeOf(await failureOf(world.server.accounts.exists(jid)))).to.equal('UNAVAILABLE');
      expect(codeOf(await failureOf(publish()))).to.equal('UNAVAILABLE');
      expect(codeOf(await failureOf(world.server.accounts.remove(jid)))).to.equal('UNAVAILABLE');
      mend();
      expect(await world.server.accounts.exists(jid)).to.equal(true);
      await publish();
    });

    it('is asked again where only the first question has failed', async () => {
      failOnce(['accounts']);
      expect(await world.server.accounts.exists(jid)).to.equal(true);
      failOnce(['accounts']);
      const failure = await failureOf(publish());
      expect(failure).to.be.instanceOf(Error);
      expect(failure).to.not.be.instanceOf(NoAccount);
      failOnce(['accounts']);
      await world.server.accounts.remove(jid);
      expect(await world.server.accounts.exists(jid), 'it was there, and is deleted').to.equal(false);
    });
  });
});
