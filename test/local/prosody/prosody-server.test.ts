import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';

import { freePort } from '../../../local/ports.ts';
import { ALL_PRIVILEGES } from '../../../local/prosody/prosody-config.ts';
import { type ProsodyServer, startProsody } from '../../../local/prosody/prosody-server.ts';
import { advertisedRights } from '../advertised-rights.ts';
import { isRunning, rejection, scratchFolder } from '../scratch.ts';
import { signIn } from '../sign-in.ts';

describe('a private Prosody', () => {
  const folder = scratchFolder();
  const dir = join(folder.path, 'with "quotes" and späces');
  let prosody: ProsodyServer | undefined;

  afterEach(async () => {
    await prosody?.stop();
    prosody = undefined;
  });
  after(() => folder.remove());

  it('lets an account sign in, and still does after kill -9 on the same ports', async () => {
    const first = await startProsody({ dir, componentSecret: 'secret' });
    await first.makeAccount('+8613800138000@op.example', 'pass word "1"');
    expect(await signIn(first, '+8613800138000', 'pass word "1"')).to.match(/^\+8613800138000@op\.example\//);
    await first.kill();
    expect(isRunning(first.pid)).to.equal(false);
    const { c2sPort, componentPort } = first;
    prosody = await startProsody({ dir, componentSecret: 'secret', c2sPort, componentPort });
    expect(await signIn(prosody, '+8613800138000', 'pass word "1"')).to.match(/^\+8613800138000@op\.example\//);
  });

  it('refuses a wrong password and forgets the old one when an account is registered again', async () => {
    prosody = await startProsody({ dir, componentSecret: 'secret' });
    await prosody.makeAccount('bob@op.example', 'old');
    await prosody.makeAccount('bob@op.example', 'new');
    expect((await rejection(signIn(prosody, 'bob', 'old'))).message).to.contain('not-authorized');
    expect(await signIn(prosody, 'bob', 'new')).to.match(/^bob@op\.example\//);
  });

  it('tells the component all the rights that Earshot needs', async () => {
    prosody = await startProsody({ dir, componentSecret: 'a "secret"\n' });
    expect(await advertisedRights(prosody)).to.deep.equal({
      roster: 'both',
      message: 'outgoing',
      presence: 'roster',
      'http://jabber.org/protocol/pubsub': 'both',
      'http://jabber.org/protocol/pubsub#owner': 'both',
      'vcard-temp': 'get',
    });
  });

  it('leaves out a right when told to', async () => {
    const { message: _, ...privileges } = ALL_PRIVILEGES;
    prosody = await startProsody({ dir, componentSecret: 'secret', privileges: { ...privileges, iq: {} } });
    expect(await advertisedRights(prosody)).to.deep.equal({ roster: 'both', presence: 'roster' });
  });

  it('leaves no process behind when stopped, and an empty log', async () => {
    const server = await startProsody({ dir: join(folder.path, 'quiet'), componentSecret: 'secret' });
    await Promise.all([server.stop(), server.stop()]);
    expect(isRunning(server.pid)).to.equal(false);
    expect(server.logTail().filter((line) => /\terror\t/.test(line))).to.deep.equal([]);
  });

  it('says which port is taken', async () => {
    const port = await freePort();
    const squatter = createServer().listen(port, '127.0.0.1');
    const error = await rejection(startProsody({ dir, componentSecret: 'secret', c2sPort: port }));
    squatter.close();
    expect(error).to.include({ code: 'PORT_TAKEN' });
    expect(error.message).to.contain(`Port ${port} is needed for XMPP clients`);
  });

  it('does not start a second time on the same folder', async () => {
    prosody = await startProsody({ dir, componentSecret: 'secret' });
    const error = await rejection(startProsody({ dir, componentSecret: 'secret' }));
    expect(error).to.include({ code: 'ALREADY_RUNNING' });
    expect(error.message).to.contain(`kill ${prosody.pid}`);
  });

  it('does not pass for started with half its modules', async () => {
    const broken = join(folder.path, 'broken');
    mkdirSync(join(broken, 'prosody.pid'), { recursive: true });
    const error = await rejection(startProsody({ dir: broken, componentSecret: 'secret' }));
    expect(error).to.include({ code: 'DIED' });
    // Prosody 13 ends by itself.
    expect(error.message).to.match(/started only in part: .*posix|ended by itself .*prosody\.pid/s);
  });
});
