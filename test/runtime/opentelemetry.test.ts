import { expect } from 'chai';
import { pino } from 'pino';
import { openTracing } from '../../runtime/opentelemetry.ts';
import type { Tracing } from '../../runtime/tracing.ts';
import { eventually } from '../support/eventually.ts';
import { startTraceReceiver, type TraceReceiver } from '../support/servers/trace-receiver.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('OpenTelemetry’s SDK', () => {
  let receiver: TraceReceiver;
  let tracing: Tracing;
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const opened = (share: number, url = receiver.url) =>
    openTracing({ url, share }, 'gateway', log, (id) => `hash of ${id.length}`);

  before(async () => {
    receiver = await startTraceReceiver();
    tracing = await opened(100);
  });

  after(async () => {
    await tracing.stop();
    await receiver.stop();
  });

  it('goes on with a trace from outside, of any version of Trace Context, and begins one where that cannot be read', () => {
    const place = (parent?: string) => tracing.begin('call', parent)?.place ?? '';
    expect(place(`00-${TRACE}-${PARENT}-01`)).to.match(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    expect(place(`cc-${TRACE}-${PARENT}-03-what-comes-later`)).to.include(TRACE);
    for (const wrong of [
      undefined,
      '',
      `ff-${TRACE}-${PARENT}-01`,
      `00-${'0'.repeat(32)}-${PARENT}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `00-${TRACE.toUpperCase()}-${PARENT}-01`,
      `00-${TRACE}-${PARENT}`,
      `x00-${TRACE}-${PARENT}-01`,
    ])
      expect(place(wrong), wrong).to.match(/^00-(?!4bf92f)[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('takes the share of calls that is wanted, whichever id the caller has chosen, and none that the caller does not take', async () => {
    expect(tracing.begin('call', `00-${TRACE}-${PARENT}-00`)).to.equal(undefined);
    const [none, some] = [await opened(0), await opened(30)];
    // By its id, each would be within any share but none.
    const chosen = `00-${'0'.repeat(31)}1-${PARENT}-01`;
    for (const parent of [undefined, chosen]) {
      const takenBy = (one: Tracing) => Array.from({ length: 1_000 }, () => one.begin('call', parent)).filter(Boolean);
      expect(takenBy(none)).to.have.length(0);
      expect(takenBy(some).length, parent).to.be.within(200, 400);
    }
    for (const one of [none, some]) await one.stop();
  });

  it('follows in each process what another has taken, whatever share it is told itself', async () => {
    const none = await opened(0);
    const { place = '' } = tracing.begin('call') ?? {};
    expect(none.follow('job', 'consumer', place)?.place.slice(0, 35)).to.equal(place.slice(0, 35));
    await none.stop();
  });

  it('sends when it is stopped what was not sent, with subjects as hashes', async () => {
    const one = await opened(100);
    const call = one.begin('call', undefined, { subject: 'alice', 'http.route': '/v1' });
    call?.child('piece', 'client').end({ failed: true });
    call?.end({ attributes: { status: 500 } });
    await one.stop();
    const sent = (name: string) => receiver.spans.find((span) => span.name === name);
    expect(sent('call')?.attributes).to.deep.equal({
      'earshot.subject': 'hash of 5',
      'http.route': '/v1',
      status: 500,
    });
    expect(sent('piece')).to.include({ failed: true, parentSpanId: sent('call')?.spanId });
  });

  it('says in the log that traces cannot be sent, and ends nevertheless', async () => {
    const gone = await startTraceReceiver();
    await gone.stop();
    const one = await opened(100, gone.url);
    one.begin('call')?.end();
    await eventually(() => expect(lines.join()).to.include('traces cannot be sent'));
    await one.stop();
  });
});
