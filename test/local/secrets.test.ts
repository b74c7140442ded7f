import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import { loadSecrets } from '../../local/secrets.ts';
import { scratchFolder } from './scratch.ts';

describe('the secrets of a data folder', () => {
  const folder = scratchFolder();
  after(() => folder.remove());

  /** A folder inside the scratch folder. */
  function scratchSecrets(): string {
    return mkdtempSync(join(folder.path, 'data-'));
  }

  it('are made once, different in each folder, and readable by their owner only', () => {
    const secrets = loadSecrets(folder.path);
    expect(loadSecrets(folder.path)).to.deep.equal(secrets);
    expect(secrets.numberKey).to.match(/^[0-9a-f]{64}$/);
    expect(new Set(Object.values(secrets)).size).to.equal(5);
    expect(statSync(join(folder.path, 'secrets.json')).mode & 0o777).to.equal(0o600);
    const other = scratchFolder();
    expect(loadSecrets(other.path).operatorKey).not.to.equal(secrets.operatorKey);
    other.remove();
  });

  it('are never replaced silently when their file is broken', () => {
    writeFileSync(join(folder.path, 'secrets.json'), '{"operatorKey": "abc');
    expect(() => loadSecrets(folder.path)).to.throw(/secrets\.json cannot be read: .* Bring it back from a backup/);
  });

  it('get the key that a folder of an earlier version lacks, once', () => {
    const { secretsKey, ...older } = loadSecrets(scratchSecrets());
    const dir = scratchSecrets();
    writeFileSync(join(dir, 'secrets.json'), JSON.stringify(older));
    const secrets = loadSecrets(dir);
    expect(secrets).to.deep.include(older);
    expect(secrets.secretsKey)
      .to.match(/^[0-9a-f]{64}$/)
      .and.not.equal(secretsKey);
    expect(loadSecrets(dir)).to.deep.equal(secrets);
  });

  it('are never made again for a folder that holds numbers hashed with the old key', () => {
    for (const content of ['[]', '{}', '{"operatorKey": 7}', 'null']) {
      writeFileSync(join(folder.path, 'secrets.json'), content);
      expect(() => loadSecrets(folder.path), content).to.throw(/secrets\.json cannot be read: a secret is missing/);
    }
    rmSync(join(folder.path, 'secrets.json'));
    mkdirSync(join(folder.path, 'redis'));
    expect(() => loadSecrets(folder.path)).to.throw(/it is missing beside the data/);
  });
});
