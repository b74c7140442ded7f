import { expect } from 'chai';
import { debianRoot } from '../compatibility/debian-root.ts';
import { Missing } from '../compatibility/run.ts';
import { bootMachine, canBoot, type Machine } from './machine.ts';

/** The checkout as somebody has it who has just fetched it. */
const FRESH = 'rm -rf /earshot/node_modules /earshot/dist; cp -a /earshot/. /opt/earshot';
const SCRIPT = 'sh /opt/earshot/deploy/debian.sh op.example';

describe('deploy/debian.sh, on an empty Debian 13', () => {
  if (!canBoot()) {
    it.skip('needs root, systemd-container and mounts');
    return;
  }
  let machine: Machine | undefined;

  before(async function () {
    try {
      const { folder } = debianRoot(13);
      machine = await bootMachine({
        lower: folder,
        before: `set -e; ${FRESH}; apt-get install -y --no-install-recommends systemd systemd-sysv dbus; ${SCRIPT} packages`,
        // Its servers listen where Debian has them listen.
        words: ['--private-network', '--boot', 'systemd.unit=basic.target'],
      });
    } catch (err) {
      if (err instanceof Missing) this.skip();
      throw err;
    }
  });

  after(() => machine?.stop());

  it('goes all the way to the first tune, and again', async () => {
    for (const time of ['first', 'second']) {
      const told = await (machine as Machine).run(SCRIPT);
      expect(told, time).to.match(/"title":"Clair de lune"[\s\S]*Earshot is at http:/);
    }
  });

  it('leaves everything running, for each boot', async () => {
    const units = ['redis-server', 'prosody', 'earshot-component@1', 'earshot-gateway@1', 'earshot-worker@1'].join(' ');
    expect(await (machine as Machine).run(`systemctl is-active ${units}`)).to.equal('active\n'.repeat(5));
    expect(await (machine as Machine).run(`systemctl is-enabled ${units}`)).to.equal('enabled\n'.repeat(5));
  });
});
