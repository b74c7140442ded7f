import { expect } from 'chai';
import { pino } from 'pino';
import { createConverge } from '../../outlet/converge.ts';
import type { Queues } from '../../runtime/queue/queues.ts';
import { createDuty, type Duty } from '../../sip/duty.ts';
import type { Stores } from '../../store/stores.ts';
import { eventually } from '../support/eventually.ts';
import { useRedis } from '../support/redis.ts';
import { type ScriptedServer, type SipReply, startScriptedServer } from '../support/sip/scripted-server.ts';
import { sipOutletTo } from '../support/sip/sip-subject.ts';
import { ALICE, addSubscriber } from '../support/subscribers.ts';

const log = pino({ level: 'silent' });
const OK = (tag: string) => ({ status: '200 OK', headers: [`SIP-ETag: ${tag}`, 'Expires: 900'] });
const CHALLENGE = 'WWW-Authenticate: Digest realm="op.example", nonce="abc", qop="auth", algorithm=SHA-256';

/** One of two processes that tell a presence server: it has the lease, and loses it while the server answers. */
describe('a process that has lost its lease to another', () => {
  const redis = useRedis();
  let stores: Stores;
  let duty: Duty;
  let now: number;
  let server: ScriptedServer;
  let presence: ReturnType<typeof sipOutletTo>['server'];
  let run: () => Promise<number | undefined>;
  /** Answers the request that waits. */
  let answer: (reply: SipReply) => void;

  beforeEach(async () => {
    stores = redis.freshStores();
    now = Date.now();
    await addSubscriber(stores, ALICE, now);
    server = await startScriptedServer(
      () =>
        new Promise<SipReply>((resolve) => {
          answer = resolve;
        }),
    );
    duty = createDuty(stores, 'this one', log, () => {});
    await eventually(() => expect(duty.holds()).to.equal(true));
    const login = { user: 'earshot', password: 'correct horse' };
    const subject = sipOutletTo(server.port, { patience: 60_000, login, mayAsk: duty.holds, now: () => now });
    presence = subject.server;
    const context = { stores, queues: {} as Queues, log, now: () => now };
    run = () => createConverge(subject.outlet, context)('alice');
  });

  afterEach(async () => {
    presence.stop();
    await server.stop();
    await duty.stop();
  });

  const plays = (title: string) =>
    stores.nowPlaying.play(
      'alice',
      { device: 'phone', tune: { kind: 'audio', title }, since: now, expiresAt: now + 600_000 },
      now,
    );
  const sent = (header: string) => server.requests.map((request) => request.header(header));
  const isDue = async () => (await stores.due.take('sip', now + 1_000, 10)).includes('alice');

  /** The job has sent its request, of so many. */
  async function hasSent(count: number): Promise<void> {
    await eventually(() => expect(server.requests).to.have.length(count));
  }

  async function losesLease(): Promise<void> {
    await stores.sipLease.hold({ host: '', instance: 'other' }, 'unknown', true);
    await eventually(() => expect(duty.holds()).to.equal(false));
  }

  /** What plays is published, and the request about the next tune waits for its answer. Settles with the job that sent it. */
  async function tellsTheNext(): Promise<{ job: Promise<unknown> }> {
    await plays('Song');
    const first = run();
    await hasSent(1);
    answer(OK('first'));
    await first;
    now += 60_000;
    await plays('Other');
    const job = run();
    await hasSent(2);
    return { job };
  }

  it('publishes nothing anew where the other has removed what it would have replaced', async () => {
    const { job } = await tellsTheNext();
    await losesLease();
    answer({ status: '412 Conditional Request Failed' });
    await job;
    expect(sent('SIP-If-Match')).to.deep.equal([undefined, 'first']);
    expect(await isDue(), 'for the other').to.equal(true);
  });

  it('tells nothing with the credentials for which it is asked by then, and takes them for no wrong ones', async () => {
    const { job } = await tellsTheNext();
    await losesLease();
    answer({ status: '401 Unauthorized', headers: [CHALLENGE] });
    await job;
    expect(sent('Authorization')).to.deep.equal([undefined, undefined]);
    expect(presence.trouble()).to.equal(undefined);
    expect(await isDue(), 'for the other').to.equal(true);
  });

  it('asks nothing more of a job that waited for its turn', async () => {
    await losesLease();
    await plays('Song');
    await run();
    expect(server.requests).to.have.length(0);
    expect((await stores.told.read('alice', 'sip')).state, 'nothing is begun either').to.equal('nothing');
    expect(await isDue(), 'for the other').to.equal(true);
  });

  it('takes back at once what was published after all, as the other has begun and knows nothing of it', async () => {
    const { job } = await tellsTheNext();
    await losesLease();
    const seen = await stores.situations.read('alice', 'sip');
    if (!seen) throw new Error('there is nobody');
    await stores.told.begin(seen, 'sip', ALICE.phoneNumber, now + 1);
    answer(OK('second'));
    await hasSent(3);
    answer({ status: '200 OK' });
    await job;
    expect(sent('SIP-If-Match')).to.deep.equal([undefined, 'first', 'second']);
    expect(sent('Expires').at(-1)).to.equal('0');
    expect(await stores.told.read('alice', 'sip'), 'the other notes what it does').to.include({ state: 'unknown' });
  });
});
