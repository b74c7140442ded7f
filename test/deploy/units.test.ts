import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { findProgram } from '../../local/children/programs.ts';
import { projectRoot } from '../../local/project-root.ts';

const FOLDER = join(projectRoot(), 'deploy');
const UNITS = readdirSync(FOLDER).filter((name) => name.endsWith('.service'));
/** The lines below this one say what a process may not do. */
const HARDENING = '# What the process may not do';

/** `[setting, value]` of each line. */
const settingsOf = (unit: string) =>
  [...readFileSync(join(FOLDER, unit), 'utf8').matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
const valuesOf = (unit: string, setting: string) =>
  settingsOf(unit).flatMap(([name, value]) => (name === setting ? [value as string] : []));

describe('the systemd units', () => {
  it('are there for each role, and for the component of a home', () => {
    expect(UNITS).to.have.members(
      ['component', 'gateway', 'home', 'sip', 'worker'].map((role) => `earshot-${role}@.service`),
    );
  });

  for (const unit of UNITS) {
    it(`leave little exposed: ${unit}`, function () {
      if (findProgram('systemd-analyze') === undefined) this.skip();
      const words = ['security', '--offline=yes', '--threshold=29', '--no-pager', join(FOLDER, unit)];
      // It fails at 3.0 or above.
      expect(execFileSync('systemd-analyze', words, { encoding: 'utf8' })).to.contain('Overall exposure level');
    });

    it(`forbid what the others forbid: ${unit}`, () => {
      const [, forbidden] = readFileSync(join(FOLDER, unit), 'utf8').split(HARDENING);
      const [, common] = readFileSync(join(FOLDER, UNITS[0] as string), 'utf8').split(HARDENING);
      expect(forbidden).to.equal(common);
    });

    it(`name a file for each secret that they are given: ${unit}`, () => {
      const given = valuesOf(unit, 'LoadCredential').map((value) => value.split(':')[0]);
      const read = valuesOf(unit, 'Environment').map((value) => /^EARSHOT_[A-Z_]+_FILE=%d\/([\w-]+)$/.exec(value)?.[1]);
      expect(given).to.not.be.empty;
      expect(read).to.deep.equal(given);
    });
  }

  it('give each role its own secrets only', () => {
    const secrets = (role: string) =>
      valuesOf(`earshot-${role}@.service`, 'LoadCredential').map((value) => value.split(':')[1]);
    const shared = ['/etc/earshot/number-key', '/etc/earshot/secrets-key'];
    expect(secrets('worker')).to.have.members([...shared, '/etc/earshot/redis-url-worker']);
    expect(secrets('sip')).to.have.members([...shared, '/etc/earshot/redis-url-sip', '/etc/earshot/sip-password']);
    expect(secrets('gateway')).to.have.members([
      ...shared,
      '/etc/earshot/redis-url-gateway',
      '/etc/earshot/operator-key',
    ]);
    expect(secrets('component')).to.have.members([
      ...shared,
      '/etc/earshot/redis-url-component',
      '/etc/earshot/component-secret',
    ]);
    expect(secrets('home')).to.have.members([
      ...shared,
      '/etc/earshot/redis-url-component',
      '/etc/earshot/component-secret-%i',
    ]);
  });
});
