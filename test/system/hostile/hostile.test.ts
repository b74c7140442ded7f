import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

/** A title as sent (JSON source, so that a lone surrogate can be written), and what friends see; undefined: refused. */
const TITLES: { what: string; json: string; seen: string | undefined }[] = [
  { what: 'control characters', json: '"be\\u0000ll\\u0007 and \\u001bescape\\u007f"', seen: 'bell and escape' },
  { what: 'line breaks and tabs', json: '"two\\r\\nlines\\tand a tab"', seen: 'two lines and a tab' },
  { what: 'nothing but control characters', json: '"\\u0001\\u0002\\u001f"', seen: undefined },
  { what: 'noncharacters', json: '"a\\uffff\\ufffe\\ufdd0b"', seen: 'ab' },
  { what: 'a lone high surrogate', json: '"lone \\ud83d here"', seen: 'lone \ufffd here' },
  { what: 'a lone low surrogate', json: '"\\udc00"', seen: '\ufffd' },
  {
    what: 'markup',
    json: '"</tune><presence/><![CDATA[ & \\"quotes\\" \' ]]>"',
    seen: '</tune><presence/><![CDATA[ & "quotes" \' ]]>',
  },
  { what: 'entities', json: '"&#0; &lol; &amp;"', seen: '&#0; &lol; &amp;' },
  { what: 'a stream’s end', json: '"</stream:stream>"', seen: '</stream:stream>' },
  { what: 'right-to-left overrides', json: '"\\u202egnos\\u202c and \\u2066isolate"', seen: 'gnos and isolate' },
  { what: 'right-to-left letters, which stay', json: '"أغنية"', seen: 'أغنية' },
  {
    what: '1,024 characters outside the basic plane',
    json: JSON.stringify('🎵'.repeat(1024)),
    seen: '🎵'.repeat(1024),
  },
  { what: '1,025 characters', json: JSON.stringify('x'.repeat(1025)), seen: undefined },
  { what: 'one megabyte', json: JSON.stringify('x'.repeat(1024 * 1024)), seen: undefined },
  { what: 'nothing', json: '""', seen: undefined },
];

describe('a hostile title', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  let people: Person[];
  let friend: FriendClient;

  before(async () => {
    people = [await api.join('+8613800138000'), await api.join('+8613900139000'), await api.join('+8613700137000')];
    const contacts = people.map((person) => ({ name: 'Somebody', phoneNumbers: [person.phoneNumber] }));
    for (const person of people) await api.putBook(person, contacts);
    await api.settled(...people);
    friend = await connectFriend(stack, people[1] as Person);
  });

  after(async () => friend?.leave());

  for (const { what, json, seen } of TITLES)
    it(`with ${what} is ${seen === undefined ? 'refused' : 'cleaned'}, and nobody else notices`, async () => {
      const [hostile, , bystander] = people as [Person, Person, Person];
      const answer = await api.call('PUT', api.path(hostile, 'now-playing'), `{"kind":"audio","title":${json}}`);
      if (seen === undefined)
        expect(answer.body.code, answer.text).to.be.oneOf(['INVALID_ARGUMENT', 'PAYLOAD_TOO_LARGE']);
      else {
        expect(answer.status, answer.text).to.equal(202);
        await friend.hears(hostile.jid, seen);
      }
      await api.play(bystander, { title: `While ${what} came by` });
      await friend.hears(bystander.jid, `While ${what} came by`);
    });

  it('cannot hide in another field either', async () => {
    const [hostile] = people as [Person];
    await api.play(hostile, {
      title: 'Clean',
      artist: '\u0000A\u0001',
      source: '\u202eB',
      track: '\u0007C',
      uri: 'https://example.org/a b\u0000',
    });
    await friend.hears(hostile.jid, 'Clean');
    expect(friend.tunes.at(-1)?.tune).to.deep.equal({
      title: 'Clean',
      artist: 'A',
      source: 'B',
      track: 'C',
      uri: 'https://example.org/a%20b',
    });
    for (const uri of ['javascript:alert(1)', 'data:text/html,x', 'not a uri', '//relative.example'])
      expect(
        (await api.call('PUT', api.path(hostile, 'now-playing'), { kind: 'audio', title: 'x', uri })).body.code,
      ).to.equal('INVALID_ARGUMENT');
  });

  it('has never broken the component’s stream', async () => {
    const { text } = await api.call('GET', '/metrics');
    expect(text).to.not.match(/earshot_tune_publishes_total\{[^}]*outcome="failed"/);
  });

  it('is no danger as a contact’s name or a display name', async () => {
    const [hostile, reader] = people as [Person, Person];
    await api.putBook(reader, [
      {
        name: '\u0000<b>Evil</b>\u202e\u0008',
        groups: ['\u0001Group]]>', '\u0000'],
        phoneNumbers: [hostile.phoneNumber],
      },
    ]);
    await friend.item(hostile.jid, (item) =>
      expect(item).to.deep.include({ name: '<b>Evil</b>', groups: ['Group]]>'] }),
    );
  });
});
