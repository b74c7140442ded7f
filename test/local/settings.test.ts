import { expect } from 'chai';

import { readSettings } from '../../local/settings.ts';

describe('the settings of npm start', () => {
  it('have defaults', () => {
    expect(readSettings({ PATH: '/bin' })).to.deep.equal({
      dataDir: 'data',
      httpPort: 8080,
      xmppPort: 5222,
      demo: true,
      policy: 'mutual',
      server: 'prosody',
      env: {},
    });
  });

  it('take 0 for any free port, and hand every other EARSHOT_ variable on', () => {
    const env = { EARSHOT_HTTP_PORT: '0', EARSHOT_DEMO: '0', EARSHOT_POLICY: 'either', EARSHOT_LOG_LEVEL: 'debug' };
    const settings = readSettings(env);
    expect(settings).to.deep.include({ httpPort: undefined, demo: false, policy: 'either' });
    expect(settings.env).to.deep.equal({ EARSHOT_LOG_LEVEL: 'debug' });
  });

  it('take the kind of XMPP server from the command line, and nothing else from there', () => {
    expect(readSettings({}, ['--server', 'prosody'])).to.include({ server: 'prosody' });
    expect(readSettings({}, ['--server=ejabberd'])).to.include({ server: 'ejabberd' });
    expect(() => readSettings({}, ['--server', 'sendmail'])).to.throw(
      '--server must be prosody or ejabberd, not "sendmail".',
    );
    for (const args of [['--sever', 'prosody'], ['prosody'], ['--server']])
      expect(() => readSettings({}, args)).to.throw('npm start takes --server and nothing else: ');
  });

  it('name every fault at once', () => {
    const env = { EARSHOT_HTTP_PORT: '80a', EARSHOT_XMPP_PORT: '65536', EARSHOT_DEMO: 'no', EARSHOT_POLICY: 'all' };
    expect(() => readSettings(env)).to.throw(
      'EARSHOT_HTTP_PORT must be a port from 1 to 65535, or 0 for any free one, not "80a".\n' +
        'EARSHOT_XMPP_PORT must be a port from 1 to 65535, or 0 for any free one, not "65536".\n' +
        'EARSHOT_DEMO must be 0 or 1, not "no".\n' +
        'EARSHOT_POLICY must be mutual or either, not "all".',
    );
  });
});
