import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type EventStream, openEvents } from '../../support/http/event-stream.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack, withRedis } from '../../support/stack.ts';

const JPEG = jpeg(20_000);

describe('a photo in the own book', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let events: EventStream | undefined;

  before(async () => {
    [alice, bob] = await joinPair(api);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
  });

  afterEach(() => events?.close());

  const avatar = async (person: Person) => api.picture((await api.friends(person))[0]?.avatar);

  it('is shown with the friend, to the book’s owner only', async () => {
    events = await openEvents(stack, alice);
    const { body } = await api.putVcards(alice, card('Bob', ['010-12345678', '139 0013 9000'], JPEG));
    expect(body.rejected).to.deep.equal([]);
    let added: unknown;
    await events.next('friend-added', ({ avatar: url }) => {
      expect(url).to.be.a('string');
      added = url;
    });
    expect(await api.picture(added)).to.equal(dataUri(JPEG));
    await api.settled(alice, bob);
    expect(await avatar(alice)).to.equal(dataUri(JPEG));
    expect(await avatar(bob)).to.equal(null);
    const again = await openEvents(stack, alice);
    await again.next('friends', ({ friends }) => expect((friends as { avatar: string }[])[0]?.avatar).to.equal(added));
    again.close();
  });

  it('is replaced by the next book’s, and stays when an upload fails', async () => {
    const other = jpeg(30_000);
    await api.putVcards(alice, card('Bob', ['13900139000'], other));
    expect(await avatar(alice)).to.equal(dataUri(other));
    const tooMany = card('Bob', ['13900139000'], JPEG) + card('A', ['13700137000']).repeat(20_001);
    const headers = { 'content-type': 'text/vcard' };
    await api.expectStatus(413, api.call('PUT', api.path(alice, 'address-book'), tooMany, headers));
    expect(await avatar(alice)).to.equal(dataUri(other));
  });

  it('over 64 kB is left out and listed, the contact kept', async () => {
    const { body } = await api.putVcards(alice, card('Bob', ['13900139000'], jpeg(65_537)));
    expect(body).to.deep.include({
      contacts: 1,
      rejected: [{ index: 0, detail: 'Kept, but its photo is larger than 65536 bytes.' }],
    });
    expect(await avatar(alice)).to.equal(null);
  });

  it('goes with the subscriber', async () => {
    const carol = await api.join('+8613700137000', 'Carol');
    await api.putVcards(carol, card('Bob', ['13900139000'], JPEG));
    await withRedis(stack, async (redis) => {
      expect(await redis.keys(`*:${carol.id}:photos*`)).to.have.length(1);
      await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${carol.id}`));
      await eventually(async () => expect(await redis.keys(`*:${carol.id}:photos*`)).to.be.empty);
    });
  });

  it('goes with the book', async () => {
    await api.putVcards(alice, card('Bob', ['13900139000'], JPEG));
    expect(await avatar(alice)).to.equal(dataUri(JPEG));
    await api.expectStatus(204, api.call('DELETE', api.path(alice, 'address-book')));
    await api.putBook(alice, [{ name: 'Bob', phoneNumbers: ['13900139000'] }]);
    await api.settled(alice, bob);
    expect(await avatar(alice)).to.equal(null);
  });
});

function card(name: string, numbers: string[], photo?: Buffer): string {
  const tels = numbers.map((number) => `TEL:${number}\r\n`).join('');
  const image = photo ? `PHOTO;ENCODING=b;TYPE=JPEG:${photo.toString('base64').replace(/.{75}/g, '$&\r\n ')}\r\n` : '';
  return `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${name}\r\n${tels}${image}END:VCARD\r\n`;
}

function jpeg(length: number): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(length - 4, `${length}`)]);
}

function dataUri(image: Buffer): string {
  return `data:image/jpeg;base64,${image.toString('base64')}`;
}
