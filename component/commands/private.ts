import { keepPrivate } from '../../service/friendship/privacy.ts';
import { type Command, done, first, momentFor, Refusal, subscriberOf } from './command.ts';

const MINUTE = 60_000;
const UNITS: readonly [RegExp, number][] = [
  [/^(?:m|min|mins|minutes?|分|分钟)$/, MINUTE],
  [/^(?:|h|hours?|时|小时)$/, 60 * MINUTE],
  [/^(?:d|days?|天)$/, 1440 * MINUTE],
];
const LONGEST = 366 * 1440 * MINUTE;
const USUAL = '2h';

/** A time in which nobody sees what plays; or the end of it. */
export const privateSession: Command = {
  name: 'private',
  open: 'to subscribers',
  audited: 'answers',
  async begin(visit) {
    const { context, texts } = visit;
    const { privacy } = await context.stores.privacies.read(subscriberOf(visit).id);
    const { private: words, commands } = texts;
    const { privateUntil } = privacy;
    const until = privateUntil !== null && privateUntil > context.now() ? privateUntil : undefined;
    const notes = until === undefined ? [] : [{ type: 'info' as const, text: words.on(await momentFor(visit, until)) }];
    return {
      title: commands.private.title,
      instructions: words.ask,
      notes,
      fields: [
        {
          name: 'for',
          type: 'text-single',
          label: words.for,
          hint: words.forHint,
          value: [until === undefined ? USUAL : (texts.no.at(-1) ?? '')],
          required: true,
        },
      ],
      last: true,
      async next(current, answers) {
        const { context, texts } = current;
        const { id } = subscriberOf(current);
        const text = (first(answers, 'for') ?? '').normalize('NFKC').toLowerCase();
        const lasts = durationOf(text);
        if (lasts === undefined) throw new Refusal(texts.private.wrong);
        const until = lasts === 0 ? null : context.now() + lasts;
        await keepPrivate(context, id, until);
        const said = until === null ? texts.private.off : texts.private.on(await momentFor(current, until));
        return done(texts.commands.private.title, said);
      },
    };
  },
};

/** Milliseconds, 0 for none; undefined for what is no duration. */
function durationOf(text: string): number | undefined {
  if (/^(?:off|no|none|关|关闭|否|结束)$/.test(text)) return 0;
  const [, amount = '', unit = ''] = /^(\d{1,6}(?:[.,]\d{1,3})?)\s*(\p{L}*)$/u.exec(text) ?? [];
  const factor = UNITS.find(([shape]) => shape.test(unit))?.[1];
  if (amount === '' || factor === undefined) return undefined;
  const lasts = Math.round(Number(amount.replace(',', '.')) * factor);
  return lasts <= LONGEST ? lasts : undefined;
}
