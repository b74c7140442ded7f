import { expect } from 'chai';
import { typeOf } from '../../../domain/subscription/event-types.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type CarrierEvent, type CarrierStream, openCarrierStream } from '../../support/http/carrier-stream.ts';
import { bearer, issueKey } from '../../support/http/credentials.ts';
import { type ExtraGateway, startExtraGateway } from '../../support/http/extra-gateway.ts';
import { SUBSCRIBER_SCOPES } from '../../support/http/subscriptions.ts';
import { useStack } from '../../support/stack.ts';

/** Lines that play while everything is killed, and tunes of each at least. */
const PLAYERS = 12;
const TUNES = 20;

/** What a program knows that takes in the events in their order: of each subscriber what it plays. */
function foldedFrom(events: readonly CarrierEvent[]): Map<string, string | null> {
  const known = new Map<string, string | null>();
  for (const { type, subject = '', data } of events) {
    if (type === typeOf('subscription-restored')) known.clear();
    else if (type === typeOf('subscriber-removed')) known.delete(subject);
    else if (type === typeOf('subscriber-added')) known.set(subject, null);
    else if (type === typeOf('now-playing-changed'))
      known.set(subject, (data.nowPlaying as { title: string } | null)?.title ?? null);
  }
  return known;
}

describe('the event stream of a credential, when things are killed', () => {
  const stack = useStack({ env: { EARSHOT_LIMIT_CARRIER: '1000000', EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  const streams: CarrierStream[] = [];
  let extra: ExtraGateway;
  let carrier: Record<string, string>;

  before(async () => {
    extra = await startExtraGateway(stack);
    const { key } = await issueKey(api, SUBSCRIBER_SCOPES, ['+86138']);
    carrier = bearer(key);
  });

  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
  });

  after(() => extra?.stop());

  async function follow(gateways: () => readonly string[]): Promise<CarrierStream> {
    const stream = openCarrierStream(gateways, carrier);
    streams.push(stream);
    await stream.begun();
    return stream;
  }

  async function killed(part: 'gateway' | 'worker' | 'redis'): Promise<void> {
    await stack.kill(part);
    await stack.restart(part);
    await stack.untilReady();
  }

  it('is taken over by a connection to another gateway, and told by one of them alone', async () => {
    const stream = await follow(() => [stack.gatewayUrl]);
    const other = await follow(() => [extra.url]);
    await eventually(() => expect(stream.messages.at(-1)?.event).to.equal('replaced'));
    const alice = await api.join('+8613800138500', 'Alice');
    await eventually(() => expect(other.events().at(-1)?.subject).to.equal(alice.id));
    expect(stream.events()).to.deep.equal([]);
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
  });

  it('comes to what is so, tune by tune in order, whatever is killed and whichever gateway it comes back to', async () => {
    const people: Person[] = [];
    for (let n = 0; n < PLAYERS + 1; n += 1) people.push(await api.join(`+86138001386${10 + n}`, `Line ${n}`));
    const leaver = people.pop() as Person;
    const stream = await follow(() => [stack.gatewayUrl, extra.url]);
    let going = true;
    const kills = (async () => {
      for (const part of ['gateway', 'redis', 'worker'] as const) {
        const before = stream.messages.length;
        await eventually(() => expect(stream.messages.length).to.be.above(before + PLAYERS));
        stream.breaks();
        await killed(part);
      }
    })().finally(() => {
      going = false;
    });
    await Promise.all([
      kills,
      ...people.map(async (person) => {
        for (let n = 1; n <= TUNES || going; n += 1)
          await eventually(() => api.play(person, { title: `Tune ${n}`, length: 300 }));
      }),
    ]);
    stream.breaks();
    await eventually(() => api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${leaver.id}`)));
    const [silent, ...playing] = people as [Person, ...Person[]];
    await api.stop(silent);
    for (const person of playing) await api.play(person, { title: 'Tune 9999', length: 300 });
    await eventually(() => {
      const known = foldedFrom(stream.events());
      expect(known.get(silent.id)).to.equal(null);
      for (const { id } of playing) expect(known.get(id)).to.equal('Tune 9999');
      expect(known.has(leaver.id)).to.equal(false);
    });
    for (const { id } of playing) {
      const titles = stream.events().flatMap(({ subject, data }) => {
        const tune = data.nowPlaying as { title: string } | null | undefined;
        return subject === id && tune ? [Number(tune.title.split(' ')[1])] : [];
      });
      expect(titles, 'in order').to.deep.equal([...titles].sort((a, b) => a - b));
    }
  });
});
