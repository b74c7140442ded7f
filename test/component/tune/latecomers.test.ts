import { expect } from 'chai';
import { pino } from 'pino';
import type { Context } from '../../../component/context.ts';
import type { XmppServer } from '../../../component/server/server.ts';
import { createLatecomers } from '../../../component/tune/latecomers.ts';
import type { Told } from '../../../domain/playing/told.ts';
import { eventually } from '../../support/eventually.ts';

const HOUR = 3_600_000;
const NOW = 100 * HOUR;

describe('who comes late', () => {
  it('is shown what friends play, and the end of what may still be shown where the client was cut off', async () => {
    const address = 'friend@op.example';
    const told: Record<string, Told | undefined> = {
      plays: { state: 'told', address, fingerprint: 'a tune', at: NOW - 5 * HOUR },
      unknown: { state: 'unknown', address },
      ended: { state: 'told', address, fingerprint: '', at: NOW - HOUR / 2 },
      hidden: { state: 'hidden', address, at: NOW - HOUR / 2 },
      endedLongAgo: { state: 'told', address, fingerprint: '', at: NOW - 2 * HOUR },
      nothing: { state: 'nothing', address: undefined },
      never: undefined,
    };
    const stores = {
      subscribers: { idOfJid: async (jid: string) => jid.split('@')[0] },
      friends: { list: async () => Object.keys(told).map((id) => ({ id, jid: `${id}@op.example` })) },
      told: {
        ofEach: async (ids: readonly string[]) => ids.map((id) => told[id]),
        doubt: async (id: string) => void doubted.push(id),
      },
    };
    const [shown, doubted]: [string[], string[]] = [[], []];
    let known = true;
    const nodes = {
      showTo: async (jid: string, _node: string, contact: string) => {
        shown.push(`${jid} ${contact}`);
        return known;
      },
    };
    const context = { stores, log: pino({ level: 'silent' }), now: () => NOW } as unknown as Context;
    const latecomers = createLatecomers(context);
    latecomers.workWith({ nodes } as unknown as XmppServer);
    latecomers.appeared('late@op.example');
    const friends = ['plays', 'unknown', 'ended', 'hidden'];
    await eventually(() => expect(shown).to.have.members(friends.map((name) => `${name}@op.example late@op.example`)));
    expect(doubted).to.deep.equal([]);
    // On a server that does not tell what a node holds, what Earshot published there is published again.
    known = false;
    latecomers.appeared('late@op.example');
    await eventually(() => expect(doubted).to.have.members(['plays', 'ended']));
    await latecomers.stop();
  });

  it('is greeted beside a few others where a server names all who are online at once, and a stop waits for these alone', async () => {
    const asked: string[] = [];
    let answer = () => {};
    const answered = new Promise<undefined>((resolve) => {
      answer = () => resolve(undefined);
    });
    const idOfJid = (jid: string) => {
      asked.push(jid);
      return answered;
    };
    const stores = { subscribers: { idOfJid } };
    const latecomers = createLatecomers({
      stores,
      log: pino({ level: 'silent' }),
      now: () => NOW,
    } as unknown as Context);
    latecomers.workWith({ nodes: { showTo: async () => true } } as unknown as XmppServer);
    for (let i = 0; i < 1_000; i += 1) latecomers.appeared(`late${i}@op.example`);
    await eventually(() => expect(asked).to.have.length(16));
    const stopped = latecomers.stop();
    answer();
    await stopped;
    expect(asked).to.have.length(16);
  });
});
