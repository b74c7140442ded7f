import { expect } from 'chai';

import { ALL_PRIVILEGES, type ProsodyConfig, prosodyConfig } from '../../../local/prosody/prosody-config.ts';

const config: ProsodyConfig = {
  folder: '/data/prosody',
  domain: 'op.example',
  c2sPort: 5222,
  componentPort: 5347,
  componentDomain: 'tune.op.example',
  componentSecret: 'secret',
  privileges: ALL_PRIVILEGES,
  validateFromAddresses: false,
  componentIsAdmin: true,
  extraModules: [],
  withoutModules: [],
  extraSettings: [],
};

describe('the configuration of the private Prosody', () => {
  it('keeps to the loopback interface and knows no other server', () => {
    const text = prosodyConfig(config);
    expect(text)
      .to.contain('interfaces = { "127.0.0.1" }\n')
      .and.to.contain('component_interfaces = { "127.0.0.1" }\n');
    expect(text).to.contain('modules_disabled = { "s2s", "s2s_auth_certs" }');
  });

  it('cannot be broken out of by a secret or a folder name', () => {
    const text = prosodyConfig({ ...config, componentSecret: '"; os.exit() --\n\\', folder: '/a"b' });
    expect(text).to.contain('component_secret = "\\034; os.exit() --\\010\\092"');
    expect(text).to.contain('data_path = "/a\\034b/data"');
  });

  it('gives and takes away what a test asks for', () => {
    const { roster: _, ...privileges } = ALL_PRIVILEGES;
    const changes = { privileges, validateFromAddresses: true, componentIsAdmin: false, extraModules: ['limits'] };
    const text = prosodyConfig({ ...config, ...changes });
    expect(text).not.to.contain('roster = "both"');
    expect(text).to.contain('presence = "roster";').and.to.contain('["vcard-temp"] = "get";');
    expect(text)
      .to.contain('validate_from_addresses = true')
      .and.to.contain('admins = {}')
      .and.to.contain(', "limits" }');
  });
});
