import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { useStack } from '../../support/stack.ts';

/** Subscribers, each with a player on a connection of its own that never waits. */
const PLAYERS = 1_500;
/** Milliseconds for which they call, and between two probes. */
const LOAD = 20_000;
const PROBES = 250;

type Player = { path: string; title: number; accepted: number | undefined };
type Reply = { status: number; retryAfter: number; code: string };

describe('a gateway that is called several times as often as it can answer', () => {
  const stack = useStack({ server: 'prosody' });
  const api = createApi(stack);
  const agent = new Agent({ keepAlive: true, maxSockets: PLAYERS });
  const players: Player[] = [];

  before(async () => {
    // Somebody else's accounts: what plays is nobody's business but the gateway's here.
    const rows = Array.from({ length: PLAYERS }, (_, i) =>
      JSON.stringify({ phoneNumber: `+86138${10_000_000 + i}`, jid: `player${i}@op.example` }),
    );
    const lines = { 'content-type': 'application/x-ndjson' };
    const { text } = await api.expectStatus(200, api.call('POST', '/v1/imports', rows.join('\n'), lines));
    for (const line of text.split('\n', PLAYERS)) {
      const { subscriberId } = JSON.parse(line) as { subscriberId: string };
      players.push({ path: `/v1/subscribers/${subscriberId}/now-playing`, title: 0, accepted: undefined });
    }
  });

  after(() => agent.destroy());

  function play(player: Player): Promise<Reply> {
    player.title += 1;
    const body = JSON.stringify({ kind: 'audio', title: `${player.title}`, length: 3_600 });
    const headers = {
      authorization: `Bearer ${stack.operatorKey}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    return new Promise((resolve, reject) => {
      const sent = request(stack.gatewayUrl + player.path, { method: 'PUT', agent, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        answer.on('end', () => {
          const { statusCode: status = 0 } = answer;
          if (status === 202) player.accepted = player.title;
          const code = status === 202 ? '' : `${(JSON.parse(text) as { code: string }).code}`;
          resolve({ status, code, retryAfter: Number(answer.headers['retry-after']) });
        });
      });
      sent.on('error', reject).end(body);
    });
  }

  /** All of them, one call after the other, for so many milliseconds. */
  async function load(some: readonly Player[], milliseconds: number): Promise<Reply[]> {
    const replies: Reply[] = [];
    const end = performance.now() + milliseconds;
    await Promise.all(
      some.map(async (player) => {
        while (performance.now() < end) replies.push(await play(player));
      }),
    );
    return replies;
  }

  it('answers, or says when to come back; answers its probes; and loses nothing that it took', async () => {
    let over = false;
    const alive: number[] = [];
    const ready: number[] = [];
    const probing = (async () => {
      while (!over) {
        alive.push((await api.call('GET', '/livez')).status);
        ready.push((await api.call('GET', '/readyz')).status);
        await sleep(PROBES);
      }
    })();
    const replies = await load(players, LOAD);
    over = true;
    await probing;

    const refused = replies.filter(({ status }) => status !== 202);
    for (const { status, code, retryAfter } of refused) {
      expect([status, code]).to.deep.equal([503, 'UNAVAILABLE']);
      expect(retryAfter).to.be.within(1, 3);
    }
    expect(refused.length, 'refused').to.be.above(0);
    expect(replies.length - refused.length, 'taken').to.be.above(0);
    expect(new Set(alive)).to.deep.equal(new Set([200]));
    // The machine may keep the component from saying how it is.
    expect([200, 503]).to.include.members(ready);

    // Nobody calls any more, and so the next one finds a gateway that is well.
    await eventually(async () => expect((await load(players.slice(0, 1), 1))[0]?.status).to.equal(202));
    for (const { path, accepted: last } of players) {
      const { status, body } = await api.call('GET', path);
      expect([status, body.title]).to.deep.equal(last === undefined ? [204, undefined] : [200, `${last}`]);
    }
  });
});
