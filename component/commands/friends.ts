import { friendViews } from '../../service/friendship/friend-views.ts';
import { type Command, done, subscriberOf } from './command.ts';
import { friendFacts } from './friend-facts.ts';

/** Whom the address book has led to, by the names in it. */
export const friends: Command = {
  name: 'friends',
  open: 'to subscribers',
  async begin(visit) {
    const { context, texts } = visit;
    const { id } = subscriberOf(visit);
    const { title } = texts.commands.friends;
    const words = texts.friends;
    const { stores, now } = context;
    const views = await friendViews(stores, id, await stores.shownFriends.own(id), now());
    if (views.length === 0) return done(title, words.none);
    const lines = views.map(({ name, jid, online }) => ({
      label: name || jid,
      value: `${jid} – ${online ? words.online : words.offline}`,
    }));
    return friendFacts(title, lines, texts);
  },
};
