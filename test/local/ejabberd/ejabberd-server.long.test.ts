import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';

import { ALL_EJABBERD_PRIVILEGES } from '../../../local/ejabberd/ejabberd-config.ts';
import { type EjabberdServer, startEjabberd } from '../../../local/ejabberd/ejabberd-server.ts';
import { freePort } from '../../../local/ports.ts';
import { advertisedRights } from '../advertised-rights.ts';
import { isRunning, processesIn, rejection, scratchFolder } from '../scratch.ts';
import { signIn } from '../sign-in.ts';

describe('a private ejabberd', () => {
  const folder = scratchFolder();
  const dir = join(folder.path, 'with "quotes" and späces');
  let ejabberd: EjabberdServer | undefined;

  afterEach(async () => {
    await ejabberd?.stop();
    ejabberd = undefined;
  });
  after(() => folder.remove());

  it('lets an account sign in, and still does after a stop and after kill -9, on the same ports', async () => {
    const first = await startEjabberd({ dir, componentSecret: 'secret' });
    await first.makeAccount('+8613800138000@op.example', 'pass word "1"');
    expect(await signIn(first, '+8613800138000', 'pass word "1"')).to.match(/^\+8613800138000@op\.example\//);
    // Killed at once it could forget an account: it writes to the disk some time after it has answered.
    await first.stop();
    const { c2sPort, componentPort } = first;
    const second = await startEjabberd({ dir, componentSecret: 'secret', c2sPort, componentPort });
    await second.kill();
    expect(isRunning(second.pid)).to.equal(false);
    ejabberd = await startEjabberd({ dir, componentSecret: 'secret', c2sPort, componentPort });
    expect(await signIn(ejabberd, '+8613800138000', 'pass word "1"')).to.match(/^\+8613800138000@op\.example\//);
  });

  it('refuses a wrong password and forgets the old one when an account is registered again', async () => {
    ejabberd = await startEjabberd({ dir, componentSecret: 'secret' });
    await ejabberd.makeAccount('bob@op.example', 'old');
    await ejabberd.makeAccount('bob@op.example', 'new');
    expect((await rejection(signIn(ejabberd, 'bob', 'old'))).message).to.contain('not-authorized');
    expect(await signIn(ejabberd, 'bob', 'new')).to.match(/^bob@op\.example\//);
  });

  it('tells the component all the rights that Earshot needs', async () => {
    ejabberd = await startEjabberd({ dir, componentSecret: 'a "secret"\n' });
    expect(await advertisedRights(ejabberd)).to.deep.equal({
      roster: 'both',
      message: 'outgoing',
      presence: 'managed_entity',
      ...(ejabberd.version.startsWith('23.') ? {} : ALL_EJABBERD_PRIVILEGES.iq),
    });
  });

  it('leaves out a right when told to', async () => {
    const { message: _, ...privileges } = ALL_EJABBERD_PRIVILEGES;
    ejabberd = await startEjabberd({ dir, componentSecret: 'secret', privileges: { ...privileges, iq: {} } });
    expect(await advertisedRights(ejabberd)).to.deep.equal({
      roster: 'both',
      message: 'none',
      presence: 'managed_entity',
    });
  });

  it('lets nobody use its HTTP API without the password, and with it nothing but what Earshot needs', async () => {
    ejabberd = await startEjabberd({ dir, componentSecret: 'secret' });
    const anybody = { user: 'alice', host: 'op.example' };
    expect((await call(ejabberd, 'check_account', anybody)).status).to.equal(200);
    const wrong = { ...ejabberd, api: { ...ejabberd.api, password: 'guessed' } };
    expect((await call(wrong, 'check_account', anybody)).status).to.equal(401);
    expect((await call(ejabberd, 'stop', {})).status).to.equal(403);
    const { status } = await fetch(`${ejabberd.api.url}/check_account`, {
      method: 'POST',
      body: JSON.stringify(anybody),
    });
    expect(status).to.equal(403);
  });

  it('runs beside another, and leaves no process and no daemon behind', async () => {
    const [first, second] = await Promise.all(
      ['one', 'two'].map((name) => startEjabberd({ dir: join(folder.path, name), componentSecret: 'secret' })),
    );
    await Promise.all([first?.stop(), first?.stop(), second?.stop()]);
    expect(processesIn(folder.path)).to.deep.equal([]);
  });

  it('says which port is taken', async () => {
    const port = await freePort();
    const squatter = createServer().listen(port, '127.0.0.1');
    for (const [name, purpose] of [
      ['c2sPort', 'XMPP clients'],
      ['componentPort', 'XMPP components'],
      ['apiPort', 'the HTTP API of ejabberd'],
    ] as const) {
      const error = await rejection(startEjabberd({ dir, componentSecret: 'secret', [name]: port }));
      expect(error).to.include({ code: 'PORT_TAKEN' });
      expect(error.message).to.contain(`Port ${port} is needed for ${purpose}`);
    }
    squatter.close();
  });

  it('does not start a second time on the same folder', async () => {
    ejabberd = await startEjabberd({ dir, componentSecret: 'secret' });
    const error = await rejection(startEjabberd({ dir, componentSecret: 'secret' }));
    expect(error).to.include({ code: 'ALREADY_RUNNING' });
    expect(error.message).to.contain(`kill ${ejabberd.pid}`);
  });

  it('says what it does not understand, and does not run on half started', async () => {
    const error = await rejection(
      startEjabberd({ dir, componentSecret: 'secret', modules: { mod_ping: { nonsense: true } } }),
    );
    expect(error).to.include({ code: 'DIED' });
    expect(error.message).to.contain('ejabberd did not start').and.to.contain('nonsense');
    expect(processesIn(folder.path)).to.deep.equal([]);
  });

  it('is not found where its packages were not unpacked', async () => {
    const error = await rejection(startEjabberd({ dir, componentSecret: 'secret', root: folder.path }));
    expect(error).to.include({ code: 'PROGRAM_MISSING' });
    expect(error.message).to.contain(`There is no ejabberd in ${folder.path}/usr/lib.`);
  });
});

function call({ api }: EjabberdServer, command: string, args: object): Promise<Response> {
  const credential = Buffer.from(`${api.user}:${api.password}`).toString('base64');
  return fetch(`${api.url}/${command}`, {
    method: 'POST',
    headers: { authorization: `Basic ${credential}` },
    body: JSON.stringify(args),
  });
}
