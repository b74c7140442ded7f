import { expect } from 'chai';
import { readEvents, type ServerEvent } from '../../web/api/events.ts';
import { Problem } from '../../web/api/problem.ts';
import type { Friend } from '../../web/api/shapes.ts';
import { afterEvent } from '../../web/friends/list-state.ts';
import { inOrder } from '../../web/friends/order.ts';
import { en } from '../../web/language/en.ts';
import { problemText } from '../../web/language/problem-text.ts';
import { lengthText, waitText } from '../../web/language/times.ts';
import { zh } from '../../web/language/zh.ts';
import { findLink, openLink } from '../../web/piece/links.ts';
import { codeTrouble } from '../../web/sign-in/code-trouble.ts';

const TEMPLATE = 'https://search.example/find?q={artist}%20{title}';

describe('what the friends page reckons', () => {
  it('opens web addresses only', () => {
    for (const uri of ['https://music.example/a?b=c#d', 'http://music.example/']) expect(openLink(uri)).to.equal(uri);
    const others = [
      'javascript:alert(1)',
      ' JAVASCRIPT:alert(1)',
      'java\nscript:alert(1)',
      'data:text/html,a',
      'blob:https://a/b',
    ];
    for (const uri of [
      ...others,
      'vbscript:a',
      'file:///a',
      'spotify:track:1',
      '/v1/subscribers/me',
      '//music.example',
      '',
      undefined,
    ])
      expect(openLink(uri), String(uri)).to.equal(undefined);
  });

  it('says in its own words that a code cannot be used yet, and that a file is of no kind that is read', () => {
    const [made, file] = [new Problem(409, 'CONFLICT', 'xmpp'), new Problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'http')];
    for (const [language, texts] of [
      ['en', en],
      ['zh-Hans', zh],
    ] as const) {
      expect(codeTrouble(made, texts)).to.equal(texts.beingMade);
      expect(problemText(file, texts, language)).to.equal(texts.wrongFile);
    }
  });

  it('encodes every text that a template is filled with, once', () => {
    const find = (title: string, artist?: string) =>
      findLink(TEMPLATE, { title, ...(artist === undefined ? {} : { artist }) });
    expect(find('a b&c=d#e/f?g', 'ü')).to.equal('https://search.example/find?q=%C3%BC%20a%20b%26c%3Dd%23e%2Ff%3Fg');
    expect(find('{artist}', '{title}')).to.equal('https://search.example/find?q=%7Btitle%7D%20%7Bartist%7D');
    expect(find("$& $1 $' %41", '+')).to.equal(
      `https://search.example/find?q=%2B%20${encodeURIComponent("$& $1 $' %41")}`,
    );
    expect(find('half \ud83d')).to.equal('https://search.example/find?q=%20half%20%EF%BF%BD');
    expect(findLink(undefined, { title: 'a' })).to.equal(undefined);
  });

  it('reads a stream of events the same, wherever the network cuts it', async () => {
    const text =
      'retry: 2000\n\nevent: presence\ndata: {"status":"在线 😀"}\n\n: heartbeat\n\nevent: friends\ndata: {"friends":[]}\n\n';
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 2, 3, 7, 50, bytes.length]) {
      const events: ServerEvent[] = [];
      const cuts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.slice(i * size, (i + 1) * size),
      );
      let pieces = 0;
      for await (const event of readEvents(streamOf(cuts), () => (pieces += 1))) events.push(event);
      expect(events).to.deep.equal([
        { event: 'presence', data: '{"status":"在线 😀"}' },
        { event: 'friends', data: '{"friends":[]}' },
      ]);
      expect(pieces).to.equal(cuts.length);
    }
  });

  it('keeps friends as the events tell', () => {
    const tell = (event: string, data: unknown): ServerEvent => ({ event, data: JSON.stringify(data) });
    const ann = friend('ann');
    let list = afterEvent(undefined, tell('friends', { friends: [ann] }));
    list = afterEvent(list, tell('presence', { subscriberId: 'ann', availability: 'busy', status: 'hm' }));
    list = afterEvent(list, tell('presence', { subscriberId: 'nobody', availability: 'online', status: null }));
    list = afterEvent(list, tell('something new', { subscriberId: 'ann', name: 'x' }));
    list = afterEvent(list, tell('friend-added', friend('bo')));
    expect([...(list?.values() ?? [])]).to.deep.equal([{ ...ann, availability: 'busy', status: 'hm' }, friend('bo')]);
    expect([...(afterEvent(list, tell('friend-removed', { subscriberId: 'ann' }))?.keys() ?? [])]).to.deep.equal([
      'bo',
    ]);
    expect([...(afterEvent(list, tell('friends', { friends: [] }))?.keys() ?? [])]).to.deep.equal([]);
  });

  it('puts the newest tune first, then those who are there, away, busy and gone, by name', () => {
    const tune = (since: string) => ({ kind: 'audio', title: 'x', since, expiresAt: since }) as const;
    const friends = [
      friend('b'),
      friend('ä'),
      friend('d', { availability: 'busy' }),
      friend('e', { availability: 'online' }),
      friend('f', { availability: 'away' }),
      friend('g', { nowPlaying: tune('2026-11-22T10:00:00.000Z') }),
      friend('h', { nowPlaying: tune('2026-11-22T10:00:00.500Z') }),
    ];
    expect(
      inOrder(friends, 'en')
        .map(({ name }) => name)
        .join(''),
    ).to.equal('hgefdäb');
  });

  it('writes times as people read them', () => {
    expect([0, 59.9, 65, 3_600, 36_061].map(lengthText)).to.deep.equal(['0:00', '0:59', '1:05', '1:00:00', '10:01:01']);
    expect([1, 120, 28_800].map((seconds) => waitText(seconds, 'en'))).to.deep.equal([
      'in 1 second',
      'in 2 minutes',
      'in 8 hours',
    ]);
    expect(waitText(120, 'zh-Hans')).to.equal('2分钟后');
  });
});

function friend(name: string, more: Partial<Friend> = {}): Friend {
  return {
    subscriberId: name,
    name,
    phoneNumber: null,
    jid: `${name}@op.example`,
    availability: 'offline',
    status: null,
    avatar: null,
    nowPlaying: null,
    ...more,
  };
}

function streamOf(pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}
