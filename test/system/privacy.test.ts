import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Api, createApi, type Person } from '../support/api.ts';
import { connectFriend } from '../support/friend-client.ts';
import { startTestStack } from '../support/stack.ts';

/** Digits of numbers, names and titles that nothing but the places meant for them may hold. */
const STRANGER = '13612345678';
const SECRETS = ['13800138000', '13900139000', STRANGER, 'Zhang Wei', 'Xiao Ming', 'A secret song', 'A secret artist'];

describe('what must not be written down', () => {
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let api: Api;
  let alice: Person;
  let bob: Person;

  before(async () => {
    stack = await startTestStack({ env: { EARSHOT_LOG_LEVEL: 'trace' } });
    api = createApi(stack);
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
    await stack.kill('prosody');
    await api.play(alice, { title: 'A secret song', artist: 'again' });
    await stack.restart('prosody');
    await stack.untilReady();
  });

  after(async () => stack?.stop());

  it('is in no log, however talkative', async () => {
    const folder = join(stack.dataDir, 'logs');
    const files = await readdir(folder);
    expect(files).to.include.members(['component.log', 'gateway.log', 'worker.log']);
    for (const file of files) {
      const log = await readFile(join(folder, file), 'utf8');
      expect(log.length, file).to.be.greaterThan(0);
      for (const secret of [...SECRETS, alice.token, alice.password, stack.operatorKey])
        expect(log, file).to.not.contain(secret);
    }
  });

  it('is in no metric', async () => {
    const { text } = await api.call('GET', '/metrics');
    for (const secret of SECRETS) expect(text).to.not.contain(secret);
  });

  it('is in no job: neither waiting nor in the file in which Redis has kept them all', async () => {
    const lines = (await appendOnlyFile(join(stack.dataDir, 'redis', 'appendonlydir'))).split('\r\n');
    const friends = /"jid":/;
    const jobs = lines.filter((line) => line.startsWith('{"id":') && !friends.test(line));
    expect(jobs).to.not.be.empty;
    for (const job of jobs) expect(job).to.match(/^\{"id":"[0-9a-f-]{36}"\}$/);
  });

  it('is, for a stranger’s number, nowhere at all', async () => {
    expect(await appendOnlyFile(join(stack.dataDir, 'redis', 'appendonlydir')))
      .to.contain('A stranger')
      .and.not.contain(STRANGER);
  });

  it('is, for tokens and passwords, nowhere but with their owners', async () => {
    const aof = await appendOnlyFile(join(stack.dataDir, 'redis', 'appendonlydir'));
    expect(aof).to.not.contain(alice.token);
    expect(aof).to.not.contain(stack.operatorKey);
  });
});

async function appendOnlyFile(folder: string): Promise<string> {
  const parts = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
  return parts.join('\n');
}
