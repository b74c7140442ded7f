import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../../local/stack/stack.ts';
import type { Person } from '../../test/support/api.ts';

/** What else is called meanwhile, each of its kind at its own pace; `pause`: milliseconds between two. */
const KINDS = ['probe', 'withdrawal', 'book', 'round', 'import'] as const;
export type Kind = (typeof KINDS)[number];
const PAUSE: Record<Kind, number> = { probe: 100, withdrawal: 500, book: 250, round: 1_000, import: 500 };

/** `taken`: those that were done; `longest`: milliseconds of an answer, whatever it was; `unanswered`: calls that got none. */
export type Told = { calls: number; taken: number; unanswered: number; longest: number };
export type Others = { stop(): Promise<Record<Kind, Told>> };

/** Begins to call; each call waits for its own kind's pause only, and for no answer. `other`: somebody who plays nothing. */
export function callOthers({ gatewayUrl, operatorKey }: Stack, other: Person): Others {
  let over = false;
  const authorization = `Bearer ${operatorKey}`;
  const send = (method: string, path: string, body?: unknown, type = 'application/json') =>
    fetch(`${gatewayUrl}${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': type }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const own = `/v1/subscribers/${other.id}`;
  const calls: Record<Kind, (turn: number) => Promise<Response>> = {
    probe: (turn) => send('GET', turn % 2 === 0 ? '/livez' : '/readyz'),
    withdrawal: (turn) =>
      send('PUT', `${own}/privacy`, {
        ...{ discoverable: turn % 2 === 0, audience: 'friends', privateUntil: null, blocked: [] },
      }),
    book: (turn) =>
      send('PUT', `${own}/address-book`, { contacts: [{ name: `Book ${turn}`, phoneNumbers: ['+8613912345678'] }] }),
    round: () => send('POST', '/v1/reconciliations', {}),
    // A row that changes nothing.
    import: () => send('POST', '/v1/imports', { phoneNumber: other.phoneNumber }, 'application/x-ndjson'),
  };

  async function drive(kind: Kind): Promise<[Kind, Told]> {
    const told: Told = { calls: 0, taken: 0, unanswered: 0, longest: 0 };
    const underWay: Promise<void>[] = [];
    const call = async (turn: number) => {
      const start = performance.now();
      try {
        const answer = await calls[kind](turn);
        await answer.arrayBuffer();
        if (answer.ok || answer.status === 409) told.taken += 1;
      } catch {
        told.unanswered += 1;
      }
      told.longest = Math.max(told.longest, performance.now() - start);
    };
    while (!over) {
      underWay.push(call(told.calls));
      told.calls += 1;
      await sleep(PAUSE[kind]);
    }
    await Promise.all(underWay);
    return [kind, told];
  }

  const driving = KINDS.map(drive);
  return {
    async stop() {
      over = true;
      return Object.fromEntries(await Promise.all(driving)) as Record<Kind, Told>;
    },
  };
}
