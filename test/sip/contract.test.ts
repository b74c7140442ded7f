import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startKamailio } from '../../bench/sip/kamailio.ts';
import { connectWatcher } from '../../bench/sip/watcher.ts';
import { keepsTheContract, type Subject } from '../outlet/contract.ts';
import { eventually } from '../support/eventually.ts';
import { DOMAIN, sipOutletTo } from '../support/sip/sip-subject.ts';

const ALICE = '+4915112345678';
const NOBODY = '+4999900000000';

/** The adapter, and somebody who watches a number, on a real Kamailio that asks for a password. */
async function onKamailio(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-sip-'));
  const login = { user: 'earshot', password: 'correct horse', algorithm: 'SHA-256' } as const;
  const kamailio = await startKamailio(join(folder, 'kamailio'), { login, unknown: '^.49999' });
  const { outlet, server } = sipOutletTo(kamailio.port, { login });
  const titles: string[] = [];
  const watcher = await connectWatcher(
    kamailio.port,
    { name: 'bob', domain: DOMAIN },
    [`sip:${ALICE}@${DOMAIN}`],
    (title) => titles.push(title ?? '-'),
  );
  return {
    outlet,
    address: ALICE,
    nowhere: NOBODY,
    watcher: 'sip:bob@op.example',
    needsMemo: true,
    sees: (title) => eventually(() => void expect(titles.at(-1)).to.equal(title ?? '-')),
    seen: () => titles,
    async stop() {
      watcher.close();
      server.stop();
      await kamailio.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

keepsTheContract('the presence server of a carrier (SIP)', onKamailio);
