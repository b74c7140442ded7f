import { expect } from 'chai';
import { createRollCall } from '../../../component/presence/roll-call.ts';
import type { Snapshot } from '../../../component/server/server.ts';
import { heapHeld } from '../../support/garbage.ts';

/** Bytes of a long name. */
const LONG = 200;

describe('component/presence/roll-call', () => {
  const parts = { known: new Map(), note: () => {}, isSubscriber: async () => true, found: () => {}, failed: () => {} };
  const name = (i: number) => `${`${i}`.padEnd(LONG, 'x')}@op.example`;

  it('remembers nobody of whom the server has told while nothing is compared', async () => {
    const rollCall = createRollCall(parts);
    const before = heapHeld();
    for (let i = 0; i < 50_000; i += 1) rollCall.heard(name(i));
    expect((heapHeld() - before) / 1_000, 'kB').to.be.below(2_000);
    rollCall.end();
  });

  it('notes nothing of who was heard of while it compared', async () => {
    const noted: string[] = [];
    const rollCall = createRollCall({ ...parts, note: (jid) => void noted.push(jid) });
    const snapshot: Snapshot = {
      async online() {
        rollCall.heard(name(1));
        return [`${name(1)}/phone`, `${name(2)}/phone`];
      },
      clients: async () => [{ resource: 'phone', show: 'available', status: '', priority: 0 }],
    };
    await rollCall.begin(snapshot);
    expect(noted).to.deep.equal([name(2)]);
    rollCall.end();
  });
});
