import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../local/project-root.ts';
import { SETTINGS, unknownSettings } from '../../../runtime/config/setting-names.ts';

/** In code, and not in the words of an error. */
const NAME = /(?<=')EARSHOT_[A-Z_]+(?=')/g;

describe('the names of settings', () => {
  it('are those that docs/configuration.md has, and the command’s own', async () => {
    const text = await readFile(join(projectRoot(), 'docs', 'configuration.md'), 'utf8');
    const named = [...text.matchAll(/`(EARSHOT_[A-Z_]+)`/g)].map(([, name = '']) => name.replace(/_FILE$/, ''));
    expect([...new Set(named), 'EARSHOT_URL'].sort()).to.deep.equal([...SETTINGS].sort());
  });

  it('are all that the processes ask for', async () => {
    // Those of one kind of XMPP server are read where it is adapted.
    for (const folder of [join('runtime', 'config'), join('component', 'server')].map((at) =>
      join(projectRoot(), at),
    )) {
      const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts'));
      const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
      const names = texts.flatMap((text) => text.match(NAME) ?? []);
      expect(names, folder).to.not.be.empty;
      for (const name of names) expect(unknownSettings({ [name]: 'any' }), name).to.deep.equal([]);
    }
  });

  it('are suggested for what is none, each by itself', () => {
    const env = {
      EARSHOT_TRUSTED_PROXY: '10.0.0.1',
      EARSHOT_REDIS: 'redis://',
      PATH: '/bin',
      EARSHOT_POLICY: 'mutual',
    };
    expect(unknownSettings(env)).to.deep.equal([
      'EARSHOT_TRUSTED_PROXY is no setting; is EARSHOT_TRUSTED_PROXIES meant?',
      'EARSHOT_REDIS is no setting; is EARSHOT_REDIS_URL meant?',
    ]);
  });

  it('are not asked of what is empty, stands in a file, or comes from Kubernetes', () => {
    const env = {
      EARSHOT_NOTHING: '',
      EARSHOT_OPERATOR_KEY_FILE: '/run/secrets/key',
      EARSHOT_PORT: 'tcp://10.0.0.1:8080',
      EARSHOT_GATEWAY_SERVICE_HOST: '10.0.0.1',
      EARSHOT_GATEWAY_SERVICE_PORT_HTTP: '8080',
      EARSHOT_GATEWAY_PORT_8080_TCP_ADDR: '10.0.0.1',
    };
    expect(unknownSettings(env)).to.deep.equal([]);
    expect(unknownSettings({ EARSHOT_PORT: '8080' })).to.have.length(1);
  });
});
