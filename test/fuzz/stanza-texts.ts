import fc from 'fast-check';
import { stripForbidden } from '../../domain/text.ts';
import { hostileText } from './hostile-text.ts';

/** A stanza as a server could pass it on. `asks`: an IQ that wants an answer, from somebody who can be answered. */
export type StanzaText = { text: string; id: string; from: string | undefined; asks: boolean };

const NAMESPACES = [
  ...[
    'http://jabber.org/protocol/disco#info',
    'http://jabber.org/protocol/disco#items',
    'jabber:iq:version',
    'urn:xmpp:ping',
  ],
  ...['jabber:iq:roster', 'vcard-temp', 'http://jabber.org/protocol/pubsub', 'http://jabber.org/protocol/pubsub#event'],
  ...[
    'urn:xmpp:privilege:2',
    'urn:xmpp:privilege:1',
    'jabber:client',
    'jabber:iq:register',
    'jabber:iq:search',
    'jabber:iq:gateway',
    'http://jabber.org/protocol/commands',
  ],
  ...['im.quicksy.synchronization:0', 'urn:xmpp:forward:0', 'urn:ietf:params:xml:ns:xmpp-stanzas', 'jabber:x:data', ''],
];
const NAMES = [
  'query',
  'ping',
  'vCard',
  'pubsub',
  'event',
  'items',
  'item',
  'tune',
  'privilege',
  'perm',
  'namespace',
  'error',
  'x',
  'iq',
  'a:b',
  'phone-book',
  'show',
  'status',
  'priority',
  'c',
  'body',
];
/** Strangers and users; the home host itself comes apart, as it may announce rights. */
const FROM = [
  '+8613800138000@op.example',
  '+8613800138000@op.example/phone',
  'mallory@evil.example/x',
  'evil.example',
  'OP.example@evil.example',
  'op.example.evil.example',
  'muc.op.example/op.example',
  'ünï@op.example/\u{1f3b5}',
];

/** Users of the home host, so many that not all of them have used their commands up. */
const USER = 'user-';

/** Text that is legal in XML, escaped; sometimes long. */
const text = fc
  .oneof({ weight: 20, arbitrary: hostileText }, { weight: 1, arbitrary: fc.nat(60_000).map((n) => 'x'.repeat(n)) })
  .map(escaped);

const attributes = fc
  .dictionary(
    fc.constantFrom(
      'id',
      'node',
      'var',
      'jid',
      'ns',
      'access',
      'type',
      'xml:lang',
      'ver',
      '__proto__',
      'constructor',
      'e:f',
    ),
    text,
    { maxKeys: 4 },
  )
  .map((pairs) =>
    Object.entries(pairs)
      .map(([name, value]) => ` ${name}='${value}'`)
      .join(''),
  );

const start = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...NAMESPACES), attributes);

const leaf = fc
  .tuple(start, text)
  .map(([[name, xmlns, attrs], inner]) => `<${name} xmlns='${xmlns}'${attrs}>${inner}</${name}>`);
const tree = fc
  .tuple(start, fc.array(leaf, { maxLength: 3 }))
  .map(([[name, xmlns, attrs], inner]) => `<${name} xmlns='${xmlns}'${attrs}>${inner.join('')}</${name}>`);
const deep = fc
  .tuple(start, fc.oneof(fc.nat(50), fc.nat(20_000)))
  .map(([[name, xmlns], depth]) => nest(name, xmlns, depth));
const rights = fc.constant(
  "<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='none'/><perm access='presence' type='none'/></privilege>",
);
const presenceParts = fc
  .tuple(
    fc.constantFrom('away', 'xa', 'dnd', '', 'x'),
    text,
    fc.constantFrom('1', '-200', '1e9', 'NaN', '99999999999999999999'),
  )
  .map(([show, status, priority]) => `<show>${show}</show><status>${status}</status><priority>${priority}</priority>`);
const tune = text.map(
  (title) =>
    `<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='http://jabber.org/protocol/tune'><item id='current'><tune xmlns='http://jabber.org/protocol/tune'><title>${title}</title></tune></item></items></event>`,
);

/** Commands, with and without a form; and what somebody may say in a chat. */
const command = fc
  .record({
    node: fc.oneof(fc.constantFrom('link', 'play', 'privacy', 'forget', 'nonsense'), text),
    action: fc.constantFrom('execute', 'next', 'prev', 'complete', 'cancel', 'dance', ''),
    sessionid: fc.oneof(fc.constant(''), text),
    form: fc.constantFrom('submit', 'cancel', 'form', ''),
    fields: fc.array(fc.tuple(fc.constantFrom('number', 'code', 'title', ''), text), { maxLength: 3 }),
  })
  .map(({ node, action, sessionid, form, fields }) => {
    const values = fields.map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`);
    return `<command xmlns='http://jabber.org/protocol/commands' node='earshot#${node}' action='${action}' sessionid='${sessionid}'><x xmlns='jabber:x:data' type='${form}'>${values.join('')}</x></command>`;
  });
const said = fc
  .tuple(fc.constantFrom('', 'help', 'link ', 'code ', 'play ', '绑定', 'cancel'), text)
  .map(([word, rest]) => `<body>${word}${rest}</body>`);

const payload = fc.oneof(
  { weight: 4, arbitrary: command },
  { weight: 3, arbitrary: said },
  { weight: 8, arbitrary: tree },
  { weight: 3, arbitrary: fc.tuple(leaf, leaf).map((both) => both.join('')) },
  { weight: 3, arbitrary: text },
  { weight: 1, arbitrary: deep },
  { weight: 2, arbitrary: rights },
  { weight: 2, arbitrary: presenceParts },
  { weight: 2, arbitrary: tune },
);

/** Stanzas of any kind: IQs with any payload, odd presences, messages that pretend to grant or take rights. */
export const stanzaTexts: fc.Arbitrary<StanzaText> = fc
  .record({
    name: fc.constantFrom('iq', 'iq', 'iq', 'presence', 'message', 'unknown'),
    type: fc.oneof(
      fc.constantFrom(
        'get',
        'get',
        'set',
        'set',
        'chat',
        'result',
        'error',
        'unavailable',
        'probe',
        'headline',
        'subscribe',
      ),
      fc.constant(undefined),
      text,
    ),
    from: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...FROM) },
      { weight: 9, arbitrary: fc.nat(999).map((n) => `${USER}${n}@op.example/x`) },
      { weight: 1, arbitrary: fc.constantFrom(undefined, '', '/x', '@', '@op.example', 'a@', 'x'.repeat(4_000)) },
    ),
    to: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('tune.op.example', 'tune.op.example/x', 'a@tune.op.example') },
      { weight: 1, arbitrary: fc.constantFrom(undefined, '', '@', '/') },
    ),
    id: fc.oneof({ weight: 9, arbitrary: fc.uuid() }, { weight: 1, arbitrary: fc.constant('') }),
    payload,
  })
  .map(({ name, type, from, to, id, payload }) => {
    const attrs = Object.entries({ type, from: from && escaped(from), to, id }).map(([key, value]) =>
      value === undefined ? '' : ` ${key}='${value}'`,
    );
    const asks =
      name === 'iq' &&
      (type === 'get' || type === 'set') &&
      id !== '' &&
      (FROM.includes(from ?? '') || from?.startsWith(USER) === true) &&
      !['', '@', '/'].includes(to ?? 'x');
    return { text: `<${name}${attrs.join('')}>${payload}</${name}>`, id, from, asks };
  });

/** What no server sends, as it is no XML: characters and entities that there are not, tags that do not match. */
export const brokenXml: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '<message>&#0;</message>',
    "<iq id='&#x1;'/>",
    '<iq>&lol;</iq>',
    '<a></b>',
    '</stream:stream>',
    '<![CDATA[',
    '<iq <',
    "<iq a='&x;'>",
  ),
  hostileText,
  stanzaTexts.map(({ text }) => text.slice(0, text.length / 2).concat('</x>')),
);

function nest(name: string, xmlns: string, depth: number): string {
  return `<${name} xmlns='${xmlns}'>${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}</${name}>`;
}

function escaped(value: string): string {
  return stripForbidden(value).replace(/[&<>'"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
