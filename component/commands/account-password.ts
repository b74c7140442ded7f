import { Fault } from '../../domain/fault.ts';
import { newAccountPassword, renewAccountPassword } from '../../service/account/account-password.ts';
import { type Command, done, first, Refusal, type Stage, subscriberOf, type Visit } from './command.ts';

/**
 * A new password for the account itself, where it was made here. It is shown before it is set: the server then logs out every client of the account,
 * also the one that asks.
 */
export const accountPassword: Command = {
  name: 'account',
  open: 'to subscribers',
  audited: 'answers',
  async begin(visit) {
    const { id, jid } = subscriberOf(visit);
    const made = await visit.context.stores.accounts.madeFor(id);
    return made.includes(jid)
      ? show(visit, newAccountPassword())
      : done(visit.texts.commands.account.title, visit.texts.account.notMade);
  },
};

function show({ texts }: Visit, password: string): Stage {
  const { account: words, commands } = texts;
  return {
    title: commands.account.title,
    instructions: words.ask(password),
    fields: [{ name: 'confirm', type: 'boolean', label: words.confirm, value: ['0'], required: true }],
    last: true,
    secret: true,
    async next(visit, answers) {
      if (first(answers, 'confirm') !== '1') throw new Refusal(visit.texts.account.notConfirmed);
      await renewAccountPassword(visit.context, subscriberOf(visit), password).catch((err: unknown) => {
        throw err instanceof Fault && err.code === 'CONFLICT' ? new Refusal(visit.texts.busy, { cause: err }) : err;
      });
      return done(commands.account.title, visit.texts.account.done);
    },
  };
}
