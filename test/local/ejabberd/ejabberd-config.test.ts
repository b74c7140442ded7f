import { expect } from 'chai';

import {
  ALL_EJABBERD_PRIVILEGES,
  type EjabberdConfig,
  ejabberdConfig,
} from '../../../local/ejabberd/ejabberd-config.ts';

const config: EjabberdConfig = {
  version: '24.12',
  domain: 'op.example',
  c2sPort: 5222,
  componentPort: 5347,
  componentDomain: 'tune.op.example',
  componentSecret: '"}, "acl": {\n',
  apiPort: 5280,
  apiUser: 'earshot-api@op.example',
  apiCommands: ['check_account'],
  privileges: ALL_EJABBERD_PRIVILEGES,
  checkFrom: false,
  componentIsAdmin: true,
  modules: {},
  listeners: [],
  settings: {},
};

describe('the configuration of the private ejabberd', () => {
  const written = (changes: Partial<EjabberdConfig> = {}) => JSON.parse(ejabberdConfig({ ...config, ...changes }));

  it('keeps to the loopback interface, and knows no other server', () => {
    const { listen } = written();
    expect(listen.map(({ ip }: { ip: string }) => ip)).to.deep.equal(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    expect(JSON.stringify(listen)).to.not.contain('s2s');
  });

  it('cannot be broken out of by a secret', () => {
    expect(written().listen[1].hosts).to.deep.equal({ 'tune.op.example': { password: config.componentSecret } });
  });

  it('lets one account call the HTTP API, and only what it is told', () => {
    const { api_permissions, acl } = written();
    expect(acl.api).to.deep.equal({ user: ['earshot-api@op.example'] });
    expect(api_permissions).to.deep.equal({
      earshot: { from: ['mod_http_api'], who: { access: { allow: { acl: 'api' } } }, what: ['check_account'] },
    });
  });

  it('asks for the rights that the version knows', () => {
    expect(written().modules.mod_privilege.iq).to.have.all.keys(Object.keys(ALL_EJABBERD_PRIVILEGES.iq ?? {}));
    expect(written({ version: '23.01' }).modules.mod_privilege).to.have.all.keys('roster', 'message', 'presence');
  });

  it('gives and takes away what a test asks for', () => {
    const changes = { privileges: {}, checkFrom: true, componentIsAdmin: false, modules: { mod_ping: undefined } };
    const { modules, listen, access_rules } = written(changes);
    expect(modules).to.not.have.any.keys('mod_privilege', 'mod_ping');
    expect(listen[1].check_from).to.equal(true);
    expect(access_rules.configure).to.deep.equal({ deny: 'all' });
  });
});
