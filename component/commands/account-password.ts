import { Fault } from '../../domain/fault.ts';
import { renewAccountPassword } from '../../service/account-password.ts';
import { type Command, type Done, done, first, Refusal, subscriberOf, type Visit } from './command.ts';

/** A new password for the account itself, where it was made here: for another client, when the first one is lost. Asked once more before. */
export const accountPassword: Command = {
  name: 'account',
  open: 'to subscribers',
  audited: 'answers',
  async begin(visit) {
    const { id, jid } = subscriberOf(visit);
    const { account: words, commands } = visit.texts;
    const { title } = commands.account;
    if (!(await visit.context.stores.accounts.madeFor(id)).includes(jid)) return done(title, words.notMade);
    return {
      title,
      instructions: words.ask,
      fields: [{ name: 'confirm', type: 'boolean', label: words.confirm, value: ['0'], required: true }],
      last: true,
      async next(current, answers) {
        if (first(answers, 'confirm') !== '1') throw new Refusal(current.texts.account.notConfirmed);
        return renew(current);
      },
    };
  },
};

async function renew(visit: Visit): Promise<Done> {
  const { context, texts } = visit;
  const { account: words, commands } = texts;
  const subscriber = subscriberOf(visit);
  const password = await renewAccountPassword(context, subscriber).catch((err: unknown) => {
    throw err instanceof Fault && err.code === 'CONFLICT' ? new Refusal(texts.busy, { cause: err }) : err;
  });
  return {
    title: commands.account.title,
    notes: [{ type: 'warn', text: words.once }],
    facts: [
      { name: 'address', label: words.address, value: subscriber.jid },
      { name: 'password', label: words.password, value: password },
    ],
    secret: true,
  };
}
