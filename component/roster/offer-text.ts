import { cleanText } from '../../domain/text.ts';
import type { Friend } from '../../store/friendship/friends.ts';
import { type Element, xml } from '../stream/xml.ts';

type Words = { one: string; several: string; colon: string; advice: string };

const ENGLISH: Words = {
  one: 'Somebody from your address book is here:',
  several: 'People from your address book are here:',
  colon: ': ',
  advice: 'Add them as contacts to see what they play.',
};
const CHINESE: Words = {
  one: '您的通讯录中有一位联系人也在这里：',
  several: '您的通讯录中有几位联系人也在这里：',
  colon: '：',
  advice: '将对方添加为联系人，就能看到对方正在播放什么。',
};

/** Says in words who of the own address book is here, for clients that know no roster item exchange; they choose the language (RFC 6121, section 5.2.3). */
export function offerBodies(friends: readonly Friend[]): Element[] {
  return [xml('body', {}, textIn(ENGLISH, friends)), xml('body', { 'xml:lang': 'zh' }, textIn(CHINESE, friends))];
}

function textIn({ one, several, colon, advice }: Words, friends: readonly Friend[]): string {
  const lines = friends.map(({ jid, name }) => {
    const clean = cleanText(name);
    return clean === '' || clean === jid ? jid : `${clean}${colon}${jid}`;
  });
  return [friends.length === 1 ? one : several, ...lines, advice].join('\n');
}
