import { expect } from 'chai';
import { createKeys } from '../../../store/base/keys.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type EventStream, openEvents } from '../../support/http/event-stream.ts';
import { itExcept, SECOND_SERVER, TEST_SERVER } from '../../support/on-server.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack, withRedis } from '../../support/stack.ts';
import { png, pngUri, publishAvatar, sha1, vcardWith, withdrawAvatar } from '../../support/xmpp/avatars.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const IN_BOOK = png(700, 'book');
/** Decision 183. */
const READS_NONE = { 'ejabberd-23.01': 'ejabberd 23 lets the component read no pictures of its users' };
const KEEPS_BOTH = {
  'ejabberd-24.12': 'ejabberd keeps vCards and published pictures apart where mod_avatar is not loaded',
};
/** Prosody adds to presences what the account shows; of what ejabberd adds the component is told nothing, and a client has to say it. */
const CLIENTS_ANNOUNCE = [TEST_SERVER, SECOND_SERVER].includes('ejabberd');

describe('how a friend appears', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let bobs: FriendClient;
  let events: EventStream;

  before(async () => {
    [alice, bob] = await joinPair(api);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await api.putVcards(alice, card('Bob', bob.phoneNumber));
    await api.settled(alice, bob);
    bobs = await connectFriend(stack, bob);
    await eventually(async () => {
      const [friend] = await api.friends(alice);
      expect(friend?.availability).to.equal('online');
      expect(await api.picture(friend?.avatar)).to.equal(pngUri(IN_BOOK));
    });
    events = await openEvents(stack, alice);
    await events.next('friends', ({ friends }) => expect(friends).to.have.length(1));
  });

  after(async () => {
    events?.close();
    await bobs?.leave();
  });

  const viewOf = async (friend: Person) =>
    (await api.friends(alice)).find(({ subscriberId }) => subscriberId === friend.id);
  const shown = async (friend: Person) => api.picture((await viewOf(friend))?.avatar);
  /** The stream says that the picture is another one, and where it is. */
  const tellsPicture = (image: Buffer, data: object = {}) =>
    eventually(async () => {
      const told = events.events.filter(({ event }) => event === 'presence').at(-1)?.data;
      expect(told).to.include(data);
      expect(await api.picture(told?.avatar)).to.equal(pngUri(image));
    });
  const tells = (data: object) => events.next('presence', (told) => expect(told).to.include(data));

  async function publish(client: FriendClient, ...args: Parameters<typeof publishAvatar>): Promise<string> {
    const { id, requests } = publishAvatar(...args);
    for (const request of requests) await client.set(request);
    await comes(client, id);
    return id;
  }

  /** A presence that announces what the account shows now. */
  async function comes(client: FriendClient, digest: string): Promise<void> {
    await (CLIENTS_ANNOUNCE ? client.announce(digest) : client.appear({}));
  }

  /** Until the avatar that the server announces with this digest has been looked at. */
  async function lookedAt(person: Person, digest: string): Promise<void> {
    const keys = createKeys(stack.env.EARSHOT_REDIS_PREFIX ?? 'earshot');
    await withRedis(stack, async (redis) => {
      await eventually(async () => {
        expect(await redis.hGet(keys.avatar(person.id), 'hint')).to.equal(digest);
        expect(await redis.zScore(keys.due('avatar', person.id), person.id)).to.equal(null);
      });
    });
  }

  it('away, busy or back, by the client that counts, also when nothing else changes', async () => {
    await bobs.appear({ show: 'dnd' });
    await tells({ subscriberId: bob.id, online: true, availability: 'busy', status: null });
    const phone = await connectFriend(stack, bob, undefined, 'phone');
    await phone.appear({ show: 'xa', priority: '10', status: 'asleep' });
    await tells({ availability: 'away', status: 'asleep' });
    await phone.leave();
    await tells({ availability: 'busy', status: null });
    expect((await api.friends(alice))[0]).to.include({ online: true, availability: 'busy' });
    await bobs.appear({});
    await tells({ availability: 'online' });
  });

  itExcept(
    READS_NONE,
    'with the avatar that the friend publishes, and with the photo of the own book when there is none',
    async () => {
      const avatar = png(900, 'pep');
      await publish(bobs, avatar);
      await tellsPicture(avatar, { subscriberId: bob.id, online: true, availability: 'online' });
      expect(await shown(bob)).to.equal(pngUri(avatar));
      await bobs.set(withdrawAvatar());
      await comes(bobs, '');
      await tellsPicture(IN_BOOK);
      expect(await shown(bob)).to.equal(pngUri(IN_BOOK));
    },
  );

  it('with a picture that has a URL of its own, which may be kept, and is nobody else’s to fetch', async () => {
    const url = `${(await viewOf(bob))?.avatar}`;
    expect(url).to.match(new RegExp(`^/v1/subscribers/${alice.id}/friends/${bob.id}/avatar\\?v=[\\w-]{16}$`));
    const fetchAs = (token: string, path = url, headers = {}) =>
      fetch(stack.gatewayUrl + path, { headers: { authorization: `Bearer ${token}`, ...headers } });
    const first = await fetchAs(alice.token);
    expect(first.headers.get('cache-control')).to.match(/^private, max-age=\d+, immutable$/);
    expect(first.headers.get('vary')).to.match(/authorization/i);
    expect(first.headers.get('content-type')).to.equal('image/png');
    expect(Buffer.from(await first.arrayBuffer())).to.deep.equal(IN_BOOK);
    const etag = first.headers.get('etag') ?? '';
    expect((await fetchAs(alice.token, url, { 'if-none-match': etag })).status).to.equal(304);
    const another = await fetchAs(alice.token, url.replace(/v=.*/, 'v=another'));
    expect(another.headers.get('cache-control')).to.equal('private, no-cache');
    expect((await fetchAs(bob.token)).status).to.equal(403);
    const stranger = url.replace(bob.id, alice.id);
    expect((await fetchAs(alice.token, stranger)).status).to.equal(404);
    expect(JSON.stringify(events.events)).to.not.include('data:image');
  });

  itExcept({ ...READS_NONE, ...KEEPS_BOTH }, 'with the photo of the vCard', async () => {
    const avatar = png(800, 'vcard');
    await bobs.set(vcardWith(avatar));
    await comes(bobs, sha1(avatar));
    await tellsPicture(avatar, { subscriberId: bob.id });
    const { body } = await api.call('GET', api.path(bob, 'export'));
    expect(body.avatar).to.include({ jid: bob.jid, image: pngUri(avatar) });
  });

  itExcept(
    READS_NONE,
    'with no avatar that is not what it says, and none that the friend keeps from contacts',
    async () => {
      const carol = await befriend('+8613700137000', 'Carol');
      const carols = await connectFriend(stack, carol);
      const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
      const image = png(1_000, 'carol');
      const huge = png(65_537);
      for (const [args, what] of [
        [[svg], 'no image'],
        [[image, { id: sha1(huge) }], 'another digest'],
        [[huge, { bytes: 100 }], 'too large'],
      ] as [Parameters<typeof publishAvatar>, string][]) {
        await lookedAt(carol, await publish(carols, ...args));
        expect(await shown(carol), what).to.equal(null);
      }
      await publish(carols, image);
      await tellsPicture(image, { subscriberId: carol.id });
      await carols.leave();
      const dave = await befriend('+8613600136000', 'Dave');
      const daves = await connectFriend(stack, dave);
      await lookedAt(dave, await publish(daves, image, {}, 'whitelist'));
      expect(await shown(dave)).to.equal(null);
      await daves.leave();
    },
  );

  itExcept(
    READS_NONE,
    'with an avatar from before, without ever coming online, until the JID is another one',
    async () => {
      const [jid, password] = ['erin@op.example', 'secret'];
      for (const account of [jid, 'erin2@op.example']) await stack.server().makeAccount(account, password);
      const erins = await connectFriend(stack, { jid, password });
      const avatar = png(900, 'erin');
      await publish(erins, avatar);
      await erins.leave();
      const erin = await befriend('+8613500135000', 'Erin', jid);
      await eventually(async () => expect(await shown(erin)).to.equal(pngUri(avatar)));
      const path = `/v1/subscribers/${erin.id}`;
      await api.expectStatus(200, api.call('PATCH', path, { jid: 'erin2@op.example' }));
      await eventually(async () => expect(await shown(erin)).to.equal(null));
      await api.expectStatus(204, api.call('DELETE', path));
      await withRedis(stack, async (redis) => {
        await eventually(async () => expect(await redis.keys(`*:${erin.id}:avatar`)).to.be.empty);
      });
    },
  );

  async function befriend(phoneNumber: string, name: string, jid?: string): Promise<Person> {
    const created = jid
      ? await api.expectStatus(201, api.call('POST', '/v1/subscribers', { phoneNumber, displayName: name, jid }))
      : undefined;
    const person = created
      ? ({ id: String(created.body.subscriberId), phoneNumber } as Person)
      : await api.join(phoneNumber, name);
    await api.putBook(person, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    const change = { upsert: [{ uid: name, name, phoneNumbers: [phoneNumber] }] };
    await api.expectStatus(202, api.call('PATCH', api.path(alice, 'address-book'), change));
    await eventually(async () => expect(await viewOf(person)).to.not.equal(undefined));
    return person;
  }
});

describe('another set-up', () => {
  const stack = useStack({
    server: 'prosody',
    prosody: { withoutModules: ['vcard4', 'vcard_legacy'], extraModules: ['vcard'] },
    env: { EARSHOT_POPULAR: 'off' },
  });
  const api = createApi(stack);

  it('has vCards read that the server keeps apart from avatars, and no history of what is played', async () => {
    const [alice, bob] = await joinPair(api);
    for (const [one, other] of [
      [alice, bob],
      [bob, alice],
    ] as const)
      await api.putBook(one, [{ name: 'Friend', phoneNumbers: [other.phoneNumber] }]);
    await api.settled(alice, bob);
    const bobs = await connectFriend(stack, bob);
    const photo = png(900, 'apart');
    await bobs.set(vcardWith(photo));
    await bobs.announce(sha1(photo));
    await eventually(async () =>
      expect(await api.picture((await api.friends(alice))[0]?.avatar)).to.equal(pngUri(photo)),
    );
    await bobs.leave();
    await api.play(bob, { title: 'Off the record' });
    await eventually(async () => {
      const { body } = await api.expectStatus(200, api.call('GET', api.path(bob, 'export')));
      expect(body).to.have.nested.property('nowPlaying.told[0].what').that.matches(/\w/);
      expect(body.recentlyPlayed).to.deep.equal([]);
    });
    expect((await api.call('GET', api.path(alice, 'popular'))).body).to.deep.equal({ popular: [] });
  });
});

function card(name: string, number: string): string {
  const photo = `PHOTO;ENCODING=b;TYPE=PNG:${IN_BOOK.toString('base64')}`;
  return `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${name}\r\nTEL:${number}\r\n${photo}\r\nEND:VCARD\r\n`;
}
