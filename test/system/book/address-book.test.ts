import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type Answer, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';

describe('address books that change by single contacts', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;

  before(async () => {
    [alice, bob] = await joinPair(api);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
  });

  const patch = (body: unknown, etag?: string): Promise<Answer> =>
    api.call('PATCH', api.path(alice, 'address-book'), body, etag === undefined ? {} : { 'if-match': etag });
  const friends = async () => {
    await api.settled(alice, bob);
    return (await api.friends(alice)).map(({ name }) => name);
  };

  it('make, rename and end a friendship with one contact, and leave the others alone', async () => {
    await api.putBook(alice, [{ name: 'Carol', phoneNumbers: ['13900139001'] }]);
    const added = await api.expectStatus(
      202,
      patch({ upsert: [{ uid: 'b', name: 'Bob', phoneNumbers: ['139 0013 9000'] }] }),
    );
    expect(added.body).to.deep.equal({ version: 2, contacts: 2, rejected: [] });
    expect(added.headers.get('etag')).to.equal('"2"');
    expect(await friends()).to.deep.equal(['Bob']);
    await api.expectStatus(202, patch({ upsert: [{ uid: 'b', name: 'Bobby', phoneNumbers: ['13900139000'] }] }));
    expect(await friends()).to.deep.equal(['Bobby']);
    const removed = await api.expectStatus(202, patch({ remove: ['b', 'never heard of'] }));
    expect(removed.body).to.include({ version: 4, contacts: 1 });
    expect(await friends()).to.be.empty;
  });

  it('may come zipped', async () => {
    const body = gzipSync(
      JSON.stringify({ upsert: [{ uid: 'z', name: 'Zipped Bob', phoneNumbers: [bob.phoneNumber] }] }),
    );
    const headers = { 'content-encoding': 'gzip' };
    await api.expectStatus(202, api.call('PATCH', api.path(alice, 'address-book'), body, headers));
    expect(await friends()).to.deep.equal(['Zipped Bob']);
  });

  it('refuse the second of two writers who have seen the same book, and lose nothing', async () => {
    await api.putBook(alice, []);
    const etag = (await api.call('GET', api.path(alice, 'address-book'))).headers.get('etag') ?? '';
    const contact = (uid: string) => ({ upsert: [{ uid, name: uid, phoneNumbers: [bob.phoneNumber] }] });
    const answers = await Promise.all([patch(contact('Bob one'), etag), patch(contact('Bob two'), etag)]);
    expect(answers.map(({ status }) => status)).to.have.members([202, 412]);
    const lost = answers.findIndex(({ status }) => status === 412);
    expect(answers[lost]?.body).to.include({ code: 'FAILED_PRECONDITION' });
    const fresh = answers[1 - lost]?.headers.get('etag') ?? '';
    const again = await api.expectStatus(202, patch(contact(lost === 0 ? 'Bob one' : 'Bob two'), fresh));
    expect(again.body).to.include({ contacts: 2 });
    const put = await api.call('PUT', api.path(alice, 'address-book'), { contacts: [] }, { 'if-match': fresh });
    expect(put.status).to.equal(412);
    expect((await patch({ remove: [] }, 'W/"1"')).status).to.equal(412);
    expect((await patch({ remove: [] }, '*')).status).to.equal(202);
  });

  it('name the contacts that they cannot take, and take the others', async () => {
    const { body } = await api.expectStatus(
      202,
      patch({
        upsert: [
          { name: 'No uid', phoneNumbers: ['13900139001'] },
          { uid: 'x', name: 'Fine', phoneNumbers: ['13900139001'] },
          { uid: 'y', name: 'Unreadable', phoneNumbers: ['?'] },
        ],
      }),
    );
    const { rejected } = body as unknown as { rejected: { index: number; detail: string }[] };
    expect(rejected.map(({ index }) => index)).to.have.members([0, 2]);
    expect(rejected.find(({ index }) => index === 0)?.detail).to.match(/uid/);
  });

  it('refuse what is no change at all', async () => {
    const both = { upsert: [{ uid: 'x', name: 'X', phoneNumbers: ['13900139001'] }], remove: ['x'] };
    for (const body of [{}, { contacts: [] }, { upsert: {} }, { remove: 'x' }, { remove: [7] }, [], both])
      expect((await patch(body)).status, JSON.stringify(body)).to.equal(400);
    const many = Array.from({ length: 20_001 }, (_, i) => ({ uid: `${i}`, name: 'x', phoneNumbers: ['1'] }));
    expect((await patch({ upsert: many })).status).to.equal(413);
  });

  it('leave no name, group or uid of a contact readable in what Redis writes to its disk', async () => {
    const contact = { uid: 'zelda@phone', name: 'Zelda Quux', phoneNumbers: ['13900139009'], groups: ['Quuxes'] };
    await api.putBook(alice, [contact]);
    await api.expectStatus(202, patch({ upsert: [{ ...contact, name: 'Zelda Quux-Baz' }] }));
    const folder = join(stack.dataDir, 'redis', 'appendonlydir');
    await eventually(async () => {
      const files = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'latin1')));
      const text = files.join('');
      expect(text, 'it has been written').to.match(new RegExp(`${alice.id}[^\r]*held`));
      expect(text).to.not.match(/zelda|quux/i);
    });
    const { text } = await api.call('GET', `/v1/subscribers/${alice.id}/export`);
    expect(text, 'its owner reads it').to.contain('"name":"Zelda Quux-Baz","groups":["Quuxes"]');
  });
});
