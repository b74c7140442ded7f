import { stopPlaying } from '../../service/playing/playing.ts';
import { type Command, done, subscriberOf } from './command.ts';

/** Ends what plays, on every device. */
export const stop: Command = {
  name: 'stop',
  open: 'to subscribers',
  audited: 'begin',
  async begin(visit) {
    const { context, texts } = visit;
    const stopped = await stopPlaying(context, { id: subscriberOf(visit).id, device: undefined });
    return done(texts.commands.stop.title, stopped ? texts.stop.done : texts.stop.nothing);
  },
};
