import { cleanText } from '../domain/text.ts';
import type { Friend } from '../store/friends.ts';

/** Says in words who of the own address book is here, for clients that know no roster item exchange. */
export function offerText(friends: readonly Friend[]): string {
  const lines = friends.map(({ jid, name }) => {
    const clean = cleanText(name);
    return clean === '' || clean === jid ? jid : `${clean}: ${jid}`;
  });
  return [
    friends.length === 1 ? 'Somebody from your address book is here:' : 'People from your address book are here:',
    ...lines,
    'Add them as contacts to see what they play.',
  ].join('\n');
}
