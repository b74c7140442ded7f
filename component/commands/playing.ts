import { friendViews } from '../../service/friend-views.ts';
import { type Command, done, subscriberOf } from './command.ts';

/** What friends play now and let this one see. */
export const playing: Command = {
  name: 'playing',
  open: 'to subscribers',
  async begin(visit) {
    const { context, texts } = visit;
    const { id } = subscriberOf(visit);
    const { title } = texts.commands.playing;
    const words = texts.playing;
    const { stores, now } = context;
    const views = await friendViews(stores, id, await stores.friends.list(id), now());
    const rows = views.flatMap(({ name, nowPlaying: tune }) =>
      tune ? [[name, tune.artist ?? '', tune.title, tune.source ?? '', tune.uri ?? '']] : [],
    );
    if (rows.length === 0) return done(title, words.none);
    const columns = (['name', 'artist', 'title', 'source', 'uri'] as const).map((name) => ({
      name,
      label: words[name],
    }));
    return { title, notes: [], table: { columns, rows } };
  },
};
