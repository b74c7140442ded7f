import { expect } from 'chai';
import { createApi } from '../../support/api.ts';
import { eventually, untilDone } from '../../support/eventually.ts';
import { type CarrierProgram, startCarrierProgram } from '../../support/http/carrier-program.ts';
import { issueKey } from '../../support/http/credentials.ts';
import { SUBSCRIBER_SCOPES } from '../../support/http/subscriptions.ts';
import { whole } from '../../support/length.ts';
import { useStack } from '../../support/stack.ts';

const LINES = whole(10_000, 2_000);
/** Lines that play while everything is killed, and tunes of each at least. */
const PLAYERS = 20;
const TUNES = 30;

/** An account is made for some, at 50 a second. */
const getsAccount = (line: number) => line % 20 === 10;

describe('a carrier that knows Earshot by its HTTP API alone', () => {
  const stack = useStack({
    env: { EARSHOT_SINK_ALLOW: '127.0.0.1', EARSHOT_LIMIT_CARRIER: '1000000', EARSHOT_PUBLISH_INTERVAL_MS: '0' },
  });
  const api = createApi(stack);
  let carrier: CarrierProgram;

  const numberOf = (line: number) => `+86${13_800_000_000 + line}`;
  const rows = Array.from({ length: LINES }, (_, line) => ({
    phoneNumber: numberOf(line),
    displayName: `Line ${line}`,
    ...(getsAccount(line) ? {} : { jid: `line-${line}@op.example` }),
  }));

  before(async () => {
    const writes = ['subscribers:write', 'imports:write', 'now-playing:write', 'accounts:link', 'line-events:write'];
    const scopes = [...SUBSCRIBER_SCOPES, ...writes];
    const { key } = await issueKey(api, scopes, ['+86138']);
    carrier = await startCarrierProgram({ urlOf: () => stack.gatewayUrl, key });
  });

  after(() => carrier?.stop());

  async function killed(part: 'gateway' | 'worker' | 'redis'): Promise<void> {
    await stack.kill(part);
    await stack.restart(part);
    await stack.untilReady();
  }

  it('is told of each of its lines once, and each is imported once, while worker, Redis and gateway are killed in the middle of it', async () => {
    const parts = ['worker', 'redis', 'gateway'] as const;
    const { reports, importId } = await carrier.import(rows, async (count) => {
      const part = parts.find((_, i) => count === Math.round((LINES * (2 * i + 1)) / 7));
      if (part) await killed(part);
    });
    for (const [line, told] of reports.entries()) {
      const [first] = told;
      expect(first?.outcome, `line ${line}`).to.be.oneOf(getsAccount(line) ? ['created'] : ['created', 'unchanged']);
      for (const { outcome, subscriberId, password } of told) {
        expect(subscriberId, `line ${line}`).to.equal(first?.subscriberId);
        expect(password, `line ${line}`).to.equal(first?.password);
        if (getsAccount(line)) expect(outcome, `line ${line}`).to.equal('created');
      }
    }
    const made = rows.filter((_, line) => getsAccount(line)).length;
    await eventually(async () =>
      expect(await carrier.accountsOf(importId)).to.deep.include({ ordered: made, made, waiting: 0, failed: 0 }),
    );
    await untilDone('lines', async () => LINES - carrier.lines.size);
    expect(carrier.faults).to.deep.equal([]);
    expect(carrier.events.map(({ kind }) => kind)).to.deep.equal(Array(LINES).fill('subscriber-added'));
    const told = new Set(carrier.events.map(({ subject }) => subject));
    expect(told).to.deep.equal(new Set(reports.map(([report]) => report?.subscriberId)));
    expect(told.size).to.equal(LINES);
  });

  it('misses no end and hears of no tune out of order, whatever is killed while its lines play', async () => {
    const ids = Array.from({ length: PLAYERS }, (_, line) => carrier.lines.get(numberOf(line)) ?? '');
    let going = true;
    const kills = (async () => {
      for (const part of ['worker', 'redis', 'gateway'] as const) {
        const before = carrier.events.length;
        await eventually(() => expect(carrier.events.length).to.be.above(before + PLAYERS));
        await killed(part);
      }
    })().finally(() => {
      going = false;
    });
    await Promise.all([
      kills,
      ...ids.map(async (id) => {
        for (let n = 1; n <= TUNES || going; n += 1) {
          const heard = carrier.of(id).length;
          await carrier.play(id, `Tune ${n}`);
          // The newest wins, so a line that does not wait would be told of the last alone.
          if (n % 3 === 0) await eventually(() => expect(carrier.of(id).length).to.be.above(heard));
        }
        await carrier.stopPlaying(id);
      }),
    ]);
    for (const id of ids)
      await eventually(() => expect(carrier.of(id).at(-1)?.data).to.deep.include({ nowPlaying: null }));
    for (const id of ids) {
      const tunes = carrier.of(id).flatMap(({ data }) => (data.nowPlaying as { title: string } | null)?.title ?? []);
      const order = tunes.map((title) => Number(title.split(' ')[1]));
      expect(order, 'in order').to.deep.equal([...order].sort((a, b) => a - b));
      expect(order.length, 'some of them').to.be.at.least(TUNES / 3);
    }
    expect(carrier.faults).to.deep.equal([]);
  });

  it('recycles a number, hears that its subscriber is gone, and the next owner of it is somebody else', async () => {
    const number = numberOf(0);
    const former = carrier.lines.get(number) ?? '';
    await carrier.recycle(number);
    await eventually(() => expect(carrier.of(former).at(-1)?.kind).to.equal('subscriber-removed'));
    await eventually(() => carrier.import([{ phoneNumber: number, jid: 'next-owner@op.example' }]));
    await eventually(() => expect(carrier.lines.get(number)).to.not.equal(former));
    expect(carrier.of(carrier.lines.get(number) ?? '').map(({ kind }) => kind)).to.deep.equal(['subscriber-added']);
    expect(carrier.faults).to.deep.equal([]);
  });
});
