import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createSubjectHash } from '../../../runtime/secret/subject-hash.ts';
import { createKeys } from '../../../store/base/keys.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { keysIn } from '../../support/kept/traces.ts';
import { useStack, withRedis } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

/** Digits of numbers, names and titles that nothing but the places meant for them may hold. */
const STRANGER = '13612345678';
const SECRETS = ['13800138000', '13900139000', STRANGER, 'Zhang Wei', 'Xiao Ming', 'A secret song', 'A secret artist'];

describe('what must not be written down', () => {
  const stack = useStack({ env: { EARSHOT_LOG_LEVEL: 'trace' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;

  before(async () => {
    [alice, bob] = [await api.join('+8613800138000', 'Zhang Wei'), await api.join('+8613900139000', 'Xiao Ming')];
    await api.putBook(alice, [
      { name: 'Xiao Ming', phoneNumbers: [bob.phoneNumber] },
      { name: 'A stranger', phoneNumbers: [STRANGER] },
    ]);
    await api.putBook(bob, [{ name: 'Zhang Wei', phoneNumbers: [alice.phoneNumber] }]);
    await api.settled(alice, bob);
    const bobs = await connectFriend(stack, bob);
    await api.play(alice, { title: 'A secret song', artist: 'A secret artist' });
    await bobs.hears(alice.jid, 'A secret song');
    await bobs.leave();
    await api.call('POST', '/v1/subscribers', { phoneNumber: alice.phoneNumber });
    await api.call('PUT', api.path(alice, 'now-playing'), { kind: 'audio', title: 'A secret song', length: 'long' });
    await stack.kill('server');
    await api.play(alice, { title: 'A secret song', artist: 'again' });
    await stack.restart('server');
    await stack.untilReady();
  });

  it('is in no log, however talkative', async () => {
    const folder = join(stack.dataDir, 'logs');
    const files = await readdir(folder);
    expect(files).to.include.members(['component.log', 'gateway.log', 'worker.log']);
    for (const file of files) {
      const log = await readFile(join(folder, file), 'utf8');
      expect(log.length, file).to.be.greaterThan(0);
      for (const secret of [...SECRETS, alice.id, bob.id, alice.token, alice.password, stack.operatorKey])
        expect(log, file).to.not.contain(secret);
    }
  });

  it('is in no log either when something is told about a subscriber: there it is a keyed hash', async () => {
    const nobody = await api.expectStatus(
      201,
      api.call('POST', '/v1/subscribers', { phoneNumber: '+8613800138009', jid: 'no-such-account@op.example' }),
    );
    const id = String(nobody.body.subscriberId);
    await api.expectStatus(202, api.call('PUT', `/v1/subscribers/${id}/now-playing`, { kind: 'audio', title: 'Lied' }));
    await eventually(async () => {
      const log = await readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');
      const lines = log.split('\n').filter((line) => line.includes('has no account on the XMPP server'));
      expect(lines).to.have.length.greaterThan(0);
      const hashOf = createSubjectHash(Buffer.from(stack.env.EARSHOT_NUMBER_KEY ?? '', 'hex'));
      for (const line of lines) expect(JSON.parse(line)).to.have.property('subject', hashOf(id));
      expect(log).to.not.contain(id).and.not.contain('no-such-account');
    });
  });

  it('is in no metric', async () => {
    const { text } = await api.call('GET', '/metrics');
    for (const secret of [...SECRETS, alice.id, bob.id, alice.token]) expect(text).to.not.contain(secret);
  });

  it('is in no job: neither waiting nor in the file in which Redis has kept them all', async () => {
    const lines = (await appendOnlyFile(join(stack.dataDir, 'redis', 'appendonlydir'))).split('\r\n');
    const friends = /"jid":/;
    const jobs = lines.filter((line) => line.startsWith('{"id":') && !friends.test(line));
    expect(jobs).to.not.be.empty;
    for (const job of jobs) expect(job).to.match(/^\{"id":"[0-9a-f-]{36}"\}$/);
  });

  it('is in no error text, nor in the reason for which a contact is refused', async () => {
    const own = { authorization: `Bearer ${alice.token}` };
    const faults = [
      api.call('POST', '/v1/subscribers', { phoneNumber: bob.phoneNumber }),
      api.call('POST', '/v1/subscribers', { phoneNumber: `${STRANGER}x` }),
      api.call('PATCH', `/v1/subscribers/${alice.id}`, { phoneNumber: bob.phoneNumber }),
      api.call('PUT', api.path(alice, 'now-playing'), { kind: 'audio', title: 'A secret song', uri: 'javascript:1' }),
      api.call('PUT', api.path(alice, 'address-book'), { contacts: [{ name: 'Xiao Ming', phoneNumbers: STRANGER }] }),
      api.call('GET', api.path(bob, 'friends'), undefined, own),
      api.call('GET', `/v1/subscribers/${STRANGER}`),
    ];
    for (const { status, text } of await Promise.all(faults)) {
      expect(status).to.be.within(202, 499);
      // An error text shows by the number of the API's examples what a number looks like.
      const told = text.replace('such as +8613800138000', '');
      for (const secret of [...SECRETS, alice.token]) expect(told).to.not.contain(secret);
    }
  });

  it('is, for a stranger’s number, nowhere at all', async () => {
    expect(await appendOnlyFile(join(stack.dataDir, 'redis', 'appendonlydir')))
      .to.contain(alice.id)
      .and.not.contain('A stranger')
      .and.not.contain(STRANGER);
  });

  it('is, for tokens and passwords, nowhere but with their owners', async () => {
    const aof = await appendOnlyFile(join(stack.dataDir, 'redis', 'appendonlydir'));
    expect(aof).to.not.contain(alice.token);
    expect(aof).to.not.contain(stack.operatorKey);
  });

  it('is not quoted by whoever cannot read it, in an answer, a log, or the reason of a job that failed', async () => {
    const broken = '+8613512340000';
    await withRedis(stack, async (redis) => {
      await redis.hSet(createKeys('earshot').friends(bob.id), alice.id, broken);
    });
    const answer = await api.expectStatus(500, api.call('GET', api.path(bob, 'friends')));
    expect(answer.text).to.not.contain(broken);
    await api.putBook(bob, [{ name: 'Another name', phoneNumbers: [alice.phoneNumber] }]);
    const told = 'The record of a friend cannot be read.';
    for (const file of ['gateway.log', 'worker.log'])
      await eventually(async () => {
        const log = await readFile(join(stack.dataDir, 'logs', file), 'utf8');
        expect(log, file).to.contain(told).and.not.contain(broken);
      });
    await eventually(() =>
      withRedis(stack, async (redis) => {
        // BullMQ keeps each job in a hash behind its queue's name.
        const reasons: string[] = [];
        for (const key of (await keysIn(redis)).filter((one) => one.includes(':reconcile:')))
          if ((await redis.type(key)) === 'hash') reasons.push((await redis.hGet(key, 'failedReason')) ?? '');
        expect(reasons).to.include(told);
        for (const reason of reasons) expect(reason).to.not.contain(broken);
      }),
    );
  });
});

async function appendOnlyFile(folder: string): Promise<string> {
  const parts = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
  return parts.join('\n');
}
