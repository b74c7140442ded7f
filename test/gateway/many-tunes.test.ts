import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { Fault } from '../../domain/fault.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { useRedis } from '../support/redis.ts';

type Result = { subscriberId: string; expiresAt?: string; nowPlaying?: { title: string } | null; code?: string };

describe('what many subscribers play, in one call', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let alice: string;
  let bob: string;
  let foreign: string;
  let carrier: { authorization: string };

  before(async () => {
    gateway = await openTestGateway(server);
    [alice, bob] = [await gateway.join('+8613800138000'), await gateway.join('+8613800138001')];
    foreign = await gateway.join('+4915146788701');
    const wish = { name: 'x', scopes: ['now-playing:read', 'now-playing:write'] as const, ranges: ['+86'] };
    const created = (await gateway.stores.credentials.create(wish, gateway.now())) as { key: string };
    carrier = { authorization: `Bearer ${created.key}` };
  });

  after(async () => gateway?.stop());

  async function send(path: string, payload: object, headers: Record<string, string> = {}) {
    const url = `/v1/now-playing${path}`;
    const { status, body } = await gateway.call({ method: 'POST', url, headers: { ...carrier, ...headers }, payload });
    return { status, results: body.results as Result[] };
  }
  const play = (tunes: object[], headers?: Record<string, string>) => send('', { tunes }, headers);
  const playing = async () =>
    (await send('/retrieve', { subscriberIds: [alice, bob] })).results.map((one) => one.nowPlaying?.title ?? null);
  const song = (subscriberId: string, title: string, rest: object = {}) => ({
    subscriberId,
    kind: 'audio',
    title,
    ...rest,
  });

  it('is done for each of them, and told of each in its place', async () => {
    const { status, results } = await play([
      song(alice, 'Jóga'),
      song(foreign, 'Not theirs'),
      song('nobody', 'x'),
      song(bob, '\u0007'),
      song(bob, 'Hunter', { length: 100, position: 40 }),
    ]);
    expect(status).to.equal(200);
    expect(results.map(({ subscriberId, code }) => [subscriberId, code])).to.deep.equal([
      [alice, undefined],
      [foreign, 'NOT_FOUND'],
      ['nobody', 'NOT_FOUND'],
      [bob, 'INVALID_ARGUMENT'],
      [bob, undefined],
    ]);
    expect(results.every((one) => (one.expiresAt === undefined) === (one.code !== undefined))).to.equal(true);
    expect(await playing()).to.deep.equal(['Jóga', 'Hunter']);
    const asked = await send('/retrieve', { subscriberIds: [foreign, alice] });
    expect(asked.results.map(({ code }) => code)).to.deep.equal(['NOT_FOUND', undefined]);
  });

  it('keeps the order of one subscriber’s tunes, and its pauses', async () => {
    await play([song(alice, 'First'), song(alice, 'Second'), song(bob, 'Any', { state: 'paused' })]);
    expect(await playing()).to.deep.equal(['Second', null]);
  });

  it('leaves an entry for each in the audit trail, with what became of it', async () => {
    const correlator = randomUUID();
    await play([song(alice, 'Jóga'), song(foreign, 'x')], { 'x-correlator': correlator });
    const { entries } = await gateway.stores.audit.read({ trail: 'known', limit: 100 });
    const about = entries.filter((entry) => entry.correlator === correlator && entry.subject !== '');
    const { subjectHashOf } = gateway.context;
    expect(about.map(({ subject, status, code }) => [subject, status, code])).to.have.deep.members([
      [subjectHashOf(alice), 202, ''],
      [subjectHashOf(foreign), 404, 'NOT_FOUND'],
    ]);
  });

  it('leaves the entries of those who were done before trouble that concerns all', async () => {
    const correlator = randomUUID();
    const { nowPlaying } = gateway.stores;
    const { play: playOne } = nowPlaying;
    nowPlaying.play = async (id, ...rest) => {
      if (id === bob) throw new Fault('UNAVAILABLE', 'Redis is away.');
      return playOne(id, ...rest);
    };
    try {
      const { status } = await play([song(alice, 'Jóga'), song(bob, 'x')], { 'x-correlator': correlator });
      expect(status).to.equal(503);
    } finally {
      nowPlaying.play = playOne;
    }
    const { entries } = await gateway.stores.audit.read({ trail: 'known', limit: 100 });
    const told = entries.filter((entry) => entry.correlator === correlator);
    expect(told.map(({ subject, status }) => [subject, status])).to.have.deep.members([
      [gateway.context.subjectHashOf(alice), 202],
      ['', 503],
    ]);
  });

  it('is refused as a whole where it is not well-formed, or too many', async () => {
    for (const tunes of [
      [],
      [{ ...song(alice, 'x'), kind: 'song' }],
      Array.from({ length: 101 }, () => song(alice, 'x')),
    ])
      expect((await play(tunes)).status).to.equal(400);
    expect((await send('/retrieve', { subscriberIds: [alice, alice] })).status).to.equal(400);
  });

  it('counts as a call for each of them, and is refused whole to who has none left', async () => {
    const few = await openTestGateway(server, { EARSHOT_LIMIT_CARRIER: '6' });
    const id = await few.join('+8613800138002');
    const wish = { name: 'few', scopes: ['now-playing:read', 'now-playing:write'] as const, ranges: ['+86'] };
    const { key } = (await few.stores.credentials.create(wish, few.now())) as { key: string };
    const post = (path: string, payload: object) =>
      few.call({ method: 'POST', url: `/v1/now-playing${path}`, headers: { authorization: `Bearer ${key}` }, payload });
    const left = ({ status, headers }: { status: number; headers: Record<string, unknown> }) => [
      status,
      `${headers.ratelimit}`.replace(/;t=\d+/, ''),
      headers['ratelimit-policy'],
    ];
    const many = (count: number) => ({ tunes: Array.from({ length: count }, (_, i) => song(id, `No. ${i}`)) });
    expect(left(await post('', many(1)))).to.deep.equal([200, '"carrier";r=5', '"carrier";q=6;w=60']);
    expect(left(await post('', many(3)))).to.deep.equal([200, '"carrier";r=2', '"carrier";q=6;w=60']);
    expect(
      left(await post('/retrieve', { subscriberIds: Array.from({ length: 9 }, (_, i) => `nobody-${i}`) }))[0],
      'as many as it names',
    ).to.equal(200);
    const refused = await post('', { tunes: [song(id, 'Too late')] });
    expect(left(refused)).to.deep.equal([429, '"carrier";r=0', '"carrier";q=6;w=60']);
    expect((await few.stores.nowPlaying.read(id)).devices.map(({ tune }) => tune.title)).to.deep.equal(['No. 2']);
    await few.stop();
  });

  it('lets no more through of calls that come at once than of such that come one by one', async () => {
    const few = await openTestGateway(server, { EARSHOT_LIMIT_CARRIER: '20' });
    const id = await few.join('+8613800138003');
    const wish = { name: 'at once', scopes: ['now-playing:write'] as const, ranges: ['+86'] };
    const { key } = (await few.stores.credentials.create(wish, few.now())) as { key: string };
    const tunes = Array.from({ length: 50 }, (_, i) => song(id, `No. ${i}`));
    const call = () =>
      few.call({
        ...{ method: 'POST', url: '/v1/now-playing', headers: { authorization: `Bearer ${key}` } },
        payload: { tunes },
      });
    const statuses = (await Promise.all(Array.from({ length: 10 }, call))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).to.have.length(1);
    await few.stop();
  });
});
