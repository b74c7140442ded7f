import { cleanText, lengthOf } from '../../domain/text.ts';
import type { Field } from '../stream/data-form.ts';
import { type Answers, Refusal } from './command.ts';
import type { Texts } from './texts/texts.ts';

/** Characters of one line, as in a tune; and lines of one field, as many as people can be blocked. */
const LONGEST = 1024;
const MOST = 1_000;
const YES = new Set(['1', 'true']);
const NO = new Set(['0', 'false']);

/**
 * Cleans the answers and checks them against the fields; answers to other fields are ignored. Some
 * clients leave out empty fields. So a text, or a choice of several, that is missing counts as
 * empty. A choice of one, or a yes or no, that is missing keeps the value with which it was shown.
 * @throws Refusal
 */
export function checkAnswers(
  fields: readonly Field[],
  given: ReadonlyMap<string, readonly string[]>,
  texts: Texts,
): Answers {
  const answers = new Map<string, readonly string[]>();
  for (const field of fields) {
    const values = checked(field, given.get(field.name), texts);
    if (values.length > 0) answers.set(field.name, values);
    else if (field.required) throw new Refusal(texts.missing(field.label));
  }
  return answers;
}

function checked(field: Field, given: readonly string[] | undefined, texts: Texts): readonly string[] {
  const { type, label } = field;
  const values = (type === 'text-multi' ? (given ?? []).flatMap((text) => text.split(/\r\n|\r|\n/)) : (given ?? []))
    .map(cleanText)
    .filter((text) => text !== '');
  if (values.length > MOST) throw new Refusal(texts.tooMany(label, MOST));
  if (values.some((text) => lengthOf(text) > LONGEST)) throw new Refusal(texts.tooLong(label, LONGEST));
  if (type === 'boolean') return values.length === 0 ? shown(field) : [toBoolean(values[0] ?? '', label, texts)];
  if (type === 'text-single') return values.slice(0, 1);
  if (type === 'text-multi') return [...new Set(values)];
  return chosen(field, values, texts);
}

function chosen(field: Field, values: readonly string[], texts: Texts): readonly string[] {
  const { type, label, options = [] } = field;
  const offered = new Map(options.map(({ value }) => [cleanText(value), value]));
  const found = [...new Set(values)].map((value) => {
    const option = offered.get(value);
    if (option === undefined) throw new Refusal(texts.notOffered(label));
    return option;
  });
  if (type === 'list-multi') return found;
  return found.length === 0 ? shown(field) : found.slice(0, 1);
}

/** Who leaves out what is required says nothing by it. */
function shown({ required, value }: Field): readonly string[] {
  return required ? [] : value;
}

function toBoolean(text: string, label: string, texts: Texts): string {
  if (YES.has(text)) return '1';
  if (NO.has(text)) return '0';
  throw new Refusal(texts.notYesOrNo(label));
}
