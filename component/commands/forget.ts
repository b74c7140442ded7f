import { removeSubscriber } from '../../service/subscriber/departure.ts';
import { type Command, done, first, Refusal, subscriberOf } from './command.ts';

/** Erases the subscriber, after it was asked once more. */
export const forget: Command = {
  name: 'forget',
  open: 'to subscribers',
  audited: 'answers',
  async begin(visit) {
    subscriberOf(visit);
    const { forget: words, commands } = visit.texts;
    return {
      title: commands.forget.title,
      instructions: words.ask,
      fields: [{ name: 'confirm', type: 'boolean', label: words.confirm, value: ['0'], required: true }],
      last: true,
      async next(current, answers) {
        const { context, texts } = current;
        const { id } = subscriberOf(current);
        if (first(answers, 'confirm') !== '1') throw new Refusal(texts.forget.notConfirmed);
        await removeSubscriber(context, id);
        return done(commands.forget.title, texts.forget.done);
      },
    };
  },
};
