import { friendViews } from '../../service/friendship/friend-views.ts';
import { type Command, done, subscriberOf } from './command.ts';
import { friendFacts } from './friend-facts.ts';

/** What friends play now and let this one see. */
export const playing: Command = {
  name: 'playing',
  open: 'to subscribers',
  async begin(visit) {
    const { context, texts } = visit;
    const { id } = subscriberOf(visit);
    const { title } = texts.commands.playing;
    const { stores, now } = context;
    const views = await friendViews(stores, id, await stores.shownFriends.own(id), now());
    const lines = views.flatMap(({ name, jid, nowPlaying: tune }) => {
      if (!tune) return [];
      const said = [tune.artist, tune.title, tune.source, tune.uri].filter((text) => text !== undefined);
      return [{ label: name || jid, value: said.join(' – ') }];
    });
    if (lines.length === 0) return done(title, texts.playing.none);
    return friendFacts(title, lines, texts);
  },
};
