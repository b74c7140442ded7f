import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { startProcess } from '../../../local/processes.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type EventStream, openEvents } from '../../support/http/event-stream.ts';
import { joinFriends } from '../../support/pair.ts';
import { startTraceReceiver, type TraceReceiver } from '../../support/servers/trace-receiver.ts';
import { startTestStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const ROUTE = '/v1/subscribers/:subscriberId/now-playing';
const REFUSED = 'A library of traces is read.';

describe('traces', () => {
  let receiver: TraceReceiver;
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let alice: Person;
  let bob: Person;
  let bobs: FriendClient;
  let stream: EventStream;

  async function start(env: (url: string) => Record<string, string>): Promise<void> {
    receiver = await startTraceReceiver();
    stack = await startTestStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0', ...env(receiver.url) } });
    [alice, bob] = await joinFriends(createApi(stack));
    bobs = await connectFriend(stack, bob);
    stream = await openEvents(stack, bob);
    await stream.next('friends', () => {});
  }

  async function stop(): Promise<void> {
    stream?.close();
    await bobs?.leave();
    await stack?.stop();
    await receiver?.stop();
  }

  /** A tune that reaches the friend's client and its event stream. */
  async function play(title: string, headers: Record<string, string> = {}): Promise<void> {
    const api = createApi(stack);
    const tune = { kind: 'audio', title, length: 300 };
    await api.expectStatus(202, api.call('PUT', api.path(alice, 'now-playing'), tune, headers));
    await bobs.hears(alice.jid, title);
    await stream.next('now-playing', ({ nowPlaying }) => expect(nowPlaying).to.include({ title }));
  }

  describe('that are on', () => {
    before(() => start((url) => ({ EARSHOT_TRACES_URL: `${url}/`, EARSHOT_LOG_LEVEL: 'debug' })));
    after(stop);

    /** Who calls has a trace of its own. */
    async function playWithin(title: string, correlator: string = randomUUID()) {
      const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
      await play(title, { traceparent: `00-${traceId}-${spanId}-01`, 'x-correlator': correlator });
      const found = await eventually(() => {
        const spans = receiver.of(traceId);
        expect(spans.map(({ name }) => name).sort()).to.deep.equal([
          ...[`PUT ${ROUTE}`, 'job tune', 'show xmpp', 'tell event streams'],
        ]);
        return spans;
      });
      const named = (name: string) => {
        const span = found.find((one) => one.name === name);
        if (!span) throw new Error(`There is no span ${name}.`);
        return span;
      };
      return { spanId, named, correlator };
    }

    for (const [title, which] of [
      ['The first tune', 'which has to be looked at'],
      ['The second tune', 'whose wake brings all along'],
    ] as const)
      it(`lead from the caller’s own through the gateway to the stanza and to the friend’s event, of a tune ${which}`, async () => {
        const { spanId, named, correlator } = await playWithin(title);
        const call = named(`PUT ${ROUTE}`);
        expect(call).to.deep.include({ service: 'earshot-gateway', parentSpanId: spanId, kind: 2, failed: false });
        expect(call.attributes).to.deep.equal({
          'http.request.method': 'PUT',
          'http.route': ROUTE,
          'http.response.status_code': 202,
          'earshot.correlator': correlator,
        });
        const job = named('job tune');
        expect(job).to.include({ service: 'earshot-component', parentSpanId: call.spanId, kind: 5 });
        expect(named('show xmpp')).to.include({ service: 'earshot-component', parentSpanId: job.spanId, kind: 3 });
        const told = named('tell event streams');
        expect(told).to.include({ service: 'earshot-gateway', parentSpanId: call.spanId });
        expect(told.attributes).to.include({ 'earshot.streams': 1 });
        expect(told.attributes['earshot.subject'], 'as in the log').to.equal(job.attributes['earshot.subject']);
      });

    it('begin at the gateway where the caller has none, and are those of a stop, too', async () => {
      await play('Nobody’s');
      await createApi(stack).stop(alice);
      await bobs.hears(alice.jid, undefined);
      await eventually(() => {
        const stop = receiver.spans.find(({ name }) => name === `DELETE ${ROUTE}`);
        expect(stop?.parentSpanId ?? '').to.equal('');
        expect(receiver.of(stop?.traceId ?? '').map(({ name }) => name)).to.include('show xmpp');
      });
    });

    it('say nothing of people, and are not kept in Redis', async () => {
      await createApi(stack).expectStatus(404, createApi(stack).call('GET', `/v1/${alice.id}/${alice.phoneNumber}`));
      const { named } = await playWithin('A secret title');
      // What else may stand where a correlation id does.
      for (const [i, correlator] of [alice.phoneNumber.slice(1), alice.token].entries())
        await playWithin(`A secret title ${i}`, correlator);
      await eventually(() => expect(receiver.spans.map(({ name }) => name)).to.include('GET none'));
      const all = receiver.texts.join('\n');
      for (const { id, jid, phoneNumber, token } of [alice, bob])
        for (const secret of [id, jid.split('@')[0] ?? '', phoneNumber.slice(1), token])
          expect(all).to.not.include(secret);
      expect(all).to.not.include('title');
      for (const name of ['gateway', 'component']) {
        const log = await readFile(join(stack.dataDir, 'logs', `${name}.log`), 'utf8');
        expect(log).to.include('"correlator"');
        for (const secret of [alice.phoneNumber.slice(1), alice.token]) expect(log, name).to.not.include(secret);
      }
      const folder = join(stack.dataDir, 'redis');
      const kept = (await readdir(folder, { recursive: true })).filter((file) => /\.(?:aof|rdb)$/.test(file));
      expect(kept.join()).to.include('.incr.aof');
      const texts = await Promise.all(kept.map((file) => readFile(join(folder, file), 'latin1')));
      expect(texts.join(), 'the tune').to.include('A secret title');
      expect(texts.join()).to.not.include(named('job tune').traceId);
      expect(receiver.faults).to.deep.equal([]);
    });

    it('are beside the call’s correlation id in the component’s debug log', async () => {
      const { correlator } = await playWithin('Looked for');
      await eventually(async () => {
        const log = await readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');
        const [line = '{}'] = log
          .split('\n')
          .slice(0, -1)
          .filter((one) => one.includes(correlator));
        expect(JSON.parse(line)).to.include({ msg: 'told', outlet: 'xmpp', shown: true, correlator });
      });
    });

    it('do without probes and metrics', async () => {
      const api = createApi(stack);
      for (const path of ['/readyz', '/livez', '/metrics']) await api.expectStatus(200, api.call('GET', path));
      await playWithin('Afterwards');
      expect(receiver.spans.map(({ name }) => name).filter((name) => /readyz|livez|metrics/.test(name))).to.be.empty;
    });
  });

  describe('that are off, as they are unless an address for them is set', () => {
    /** Reads no library of traces. */
    const hook = `export async function resolve(name, context, next) {
      if (name.startsWith('@opentelemetry/')) throw new Error(${JSON.stringify(REFUSED)});
      return next(name, context);
    }`;
    const register = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hook))});`;
    const without = { NODE_OPTIONS: `--import=${dataUrl(register)}` };

    before(() => start((url) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url, EARSHOT_LOG_LEVEL: 'debug', ...without })));
    after(stop);

    it('are not made, and no library for them is read, whatever the caller has', async () => {
      for (const title of ['One', 'Two'])
        await play(title, { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` });
      await workDone(stack);
      expect(receiver.texts).to.deep.equal([]);
      expect(receiver.faults).to.deep.equal([]);
    });

    it('leave the call’s correlation id in the component’s debug log', async () => {
      const correlator = randomUUID();
      await play('Three', { 'x-correlator': correlator });
      await eventually(async () =>
        expect(await readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8')).to.include(
          `"correlator":"${correlator}"`,
        ),
      );
    });

    it('would be read where they are on', async () => {
      const logFile = join(stack.dataDir, 'logs', 'another.log');
      const env = { ...stack.env, EARSHOT_HTTP_PORT: '0', EARSHOT_TRACES_URL: receiver.url };
      const gateway = await startProcess({ role: 'gateway', env, logFile });
      try {
        await eventually(() => expect(gateway.exit()).to.not.equal(undefined));
        expect(gateway.logTail().join('\n')).to.include(REFUSED);
      } finally {
        await gateway.stop();
      }
    });
  });
});

function dataUrl(script: string): string {
  return `data:text/javascript,${encodeURIComponent(script)}`;
}
