import { expect } from 'chai';
import { readEjabberdApi } from '../../../../component/server/ejabberd/ejabberd-settings.ts';
import { readServers } from '../../../../component/server/kinds.ts';
import { toComponentConfig } from '../../../../runtime/config/component-config.ts';
import { createReader } from '../../../../runtime/config/env-reader.ts';

const COMPONENT = {
  EARSHOT_NUMBER_KEY: 'ab'.repeat(32),
  EARSHOT_SECRETS_KEY: 'cd'.repeat(32),
  EARSHOT_HOME_HOST: 'op.example',
  EARSHOT_COMPONENT_SECRET: 's',
};

describe('component/server/ejabberd: its settings', () => {
  it('say where the HTTP API of ejabberd is, with a credential or without', () => {
    const of = (env: Record<string, string>) => readEjabberdApi(createReader(env));
    const [url, user] = ['http://127.0.0.1:5280/api', 'api@op.example'];
    const named = { EARSHOT_EJABBERD_API_USER: user, EARSHOT_EJABBERD_API_PASSWORD: 'x' };
    expect(of(named)).to.equal(undefined);
    expect(of({ EARSHOT_EJABBERD_API: `${url}/` })).to.deep.equal({ url, credential: undefined });
    expect(of({ EARSHOT_EJABBERD_API: url, ...named })).to.deep.equal({ url, credential: { user, password: 'x' } });
  });

  it('are read with those of every component, so that all faults are named at once', () => {
    const of = (env: Record<string, string>) => () => toComponentConfig({ ...COMPONENT, ...env }, readServers);
    const url = 'http://127.0.0.1:5280/api';
    expect(of({ EARSHOT_EJABBERD_API: url })).to.not.throw();
    expect(of({ EARSHOT_EJABBERD_API: 'http://10.0.0.5:5280/api' })).to.throw('must be an https:// address');
    expect(of({ EARSHOT_EJABBERD_API: url, EARSHOT_EJABBERD_API_USER: 'api', EARSHOT_PRIVILEGES: 'all' })).to.throw(
      /PRIVILEGES must be[\s\S]*_USER must be a bare JID[\s\S]*_PASSWORD is not set/,
    );
  });
});
