import { Fault } from '../../domain/fault.ts';
import { parseE164 } from '../../domain/phone.ts';
import { linkNumber } from '../../service/login/linking.ts';
import type { Existing } from '../../service/login/number-holder.ts';
import { proveNumber, sendCode } from '../../service/login/verification.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { type Command, type Done, done, first, type Outcome, Refusal, type Stage, type Visit } from './command.ts';

const CODE = /^\d{6}$/;

/** Ties a number to the account, by a code that is sent to it (decision 78). An account that has its number is told which. */
export const link: Command = {
  name: 'link',
  open: 'to users',
  audited: 'answers',
  begin: async (visit) => (visit.subscriber ? linked(visit, visit.subscriber) : askNumber(visit)),
};

function askNumber({ texts }: Visit): Stage {
  const { link: words, commands } = texts;
  return {
    title: commands.link.title,
    instructions: words.ask,
    fields: [
      { name: 'number', type: 'text-single', label: words.number, hint: words.numberHint, value: [], required: true },
    ],
    last: false,
    async next(visit, answers) {
      if (visit.subscriber) return linked(visit, visit.subscriber);
      const phoneNumber = parseE164(first(answers, 'number') ?? '');
      if (phoneNumber === undefined) throw new Refusal(visit.texts.link.wrongNumber);
      const { authenticationId } = await sendCode(visit.context, phoneNumber, { network: visit.jid });
      return askCode(visit, authenticationId);
    },
  };
}

function askCode({ texts }: Visit, authenticationId: string): Stage {
  const { link: words, commands } = texts;
  return {
    title: commands.link.title,
    instructions: words.askCode,
    fields: [{ name: 'code', type: 'text-single', label: words.code, hint: words.codeHint, value: [], required: true }],
    last: true,
    async next(visit, answers) {
      const code = (first(answers, 'code') ?? '').normalize('NFKC').replace(/[\s-]/g, '');
      if (!CODE.test(code)) throw new Refusal(visit.texts.link.sixDigits);
      return prove(visit, authenticationId, code, 'unsaid');
    },
  };
}

/** Of a number whose subscriber was silent for long; the code is still good. */
function askWhose({ texts }: Visit, authenticationId: string, code: string): Stage {
  const { link: words, commands } = texts;
  const options = [
    { value: 'continue', label: words.mine },
    { value: 'startAnew', label: words.anew },
  ];
  return {
    title: commands.link.title,
    instructions: words.askWhose,
    fields: [{ name: 'existing', type: 'list-single', label: words.whose, value: [], options, required: true }],
    last: true,
    next: (visit, answers) =>
      prove(visit, authenticationId, code, first(answers, 'existing') === 'startAnew' ? 'startAnew' : 'continue'),
  };
}

async function prove(visit: Visit, authenticationId: string, code: string, existing: Existing): Promise<Outcome> {
  const { context, jid, texts } = visit;
  try {
    const proof = await proveNumber(context, [authenticationId], code, jid);
    const { outcome, subscriber } = await linkNumber(context, jid, proof, existing);
    // From here on it is the subscriber's own doing.
    visit.subscriber = subscriber;
    return await linked(visit, subscriber, outcome === 'moved' ? texts.link.moved : texts.link.linked);
  } catch (err) {
    if (err instanceof Fault && err.code === 'CONFIRMATION_REQUIRED') return askWhose(visit, authenticationId, code);
    if (err instanceof Fault && err.code === 'ALREADY_EXISTS') throw new Refusal(texts.link.taken, { cause: err });
    if (err instanceof Fault && err.code === 'UNAUTHENTICATED') throw new Refusal(texts.link.wrongCode, { cause: err });
    throw err;
  }
}

async function linked(
  { context, texts }: Visit,
  subscriber: Subscriber,
  says: (numbers: string) => string = texts.link.linked,
): Promise<Done> {
  const { privacy } = await context.stores.privacies.read(subscriber.id);
  const told = done(texts.commands.link.title, says(phoneNumbersOf(subscriber).join(', ')));
  return privacy.discoverable ? told : { ...told, notes: [...told.notes, { type: 'warn', text: texts.link.hidden }] };
}
