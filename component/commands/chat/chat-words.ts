import { cleanText } from '../../../domain/text.ts';
import type { Field, Option } from '../../stream/data-form.ts';
import type { Command } from '../command.ts';
import { type Language, TEXTS } from '../texts/texts.ts';

/** What somebody has written: a command with what follows it, `help`, `cancel`, or something else. `language`: of the word that was used. */
export type Said = { language: Language } & (
  | { what: 'command'; command: Command; rest: string }
  | { what: 'help' | 'cancel' }
);

const LANGUAGES = Object.keys(TEXTS) as Language[];

/** Commands begin with one of their words, in any language there is, whatever the case; undefined for anything else. */
export function readSaid(text: string, commands: readonly Command[]): Said | undefined {
  let longest = 0;
  let said: Said | undefined;
  function consider(word: string, found: () => Said): void {
    if (word.length <= longest || !beginsWith(text, word)) return;
    longest = word.length;
    said = found();
  }
  for (const language of LANGUAGES) {
    const texts = TEXTS[language];
    for (const command of commands)
      for (const word of texts.commands[command.name].words)
        consider(word, () => ({ what: 'command', command, rest: restOf(text, word, /^[:：]/), language }));
    for (const what of ['help', 'cancel'] as const)
      for (const word of texts[what].words) if (restOf(text, word) === '') consider(word, () => ({ what, language }));
  }
  return said;
}

/**
 * Reads a chat message as answers to these fields, to be checked like those of a form. Each line
 * has a field's name or label and then the value. If only one field has to be filled in, the whole
 * message is its value. Other fields keep the value that is shown. Undefined when no field is
 * named. `numbered`: the choices were shown as a list, so a number stands for one of them.
 */
export function readAnswers(
  fields: readonly Field[],
  text: string,
  numbered: boolean,
): ReadonlyMap<string, readonly string[]> | undefined {
  const names = namesOf(fields);
  const said = new Map<Field, string>();
  for (const line of text
    .split(/\r\n|\r|\n|;|；/)
    .map(cleanText)
    .filter((one) => one !== '')) {
    const [field, words] = fieldIn(names, line) ?? [onlyRequired(fields), line];
    if (!field) return undefined;
    said.set(field, words);
  }
  if (said.size === 0) return undefined;
  // Once for each field, however often the message names it.
  return new Map(
    fields.map((field) => {
      const words = said.get(field);
      return [field.name, words === undefined ? field.value : valuesIn(field, words, numbered)];
    }),
  );
}

type Name = { field: Field; word: string };

/** What fields are called by, the longest first. */
function namesOf(fields: readonly Field[]): Name[] {
  return fields
    .flatMap((field) => [field.name, field.label].map((word) => ({ field, word })))
    .sort((a, b) => b.word.length - a.word.length);
}

function fieldIn(names: readonly Name[], line: string): [Field, string] | undefined {
  const found = names.find(({ word }) => beginsWith(line, word));
  return found && [found.field, restOf(line, found.word).replace(/^[:：=]\s*/, '')];
}

function onlyRequired(fields: readonly Field[]): Field | undefined {
  const required = fields.filter((field) => field.required);
  return required.length === 1 ? required[0] : undefined;
}

function valuesIn({ type, options = [] }: Field, words: string, numbered: boolean): string[] {
  if (type === 'text-single') return [words];
  if (type === 'boolean') return [booleanIn(words)];
  const parts = type === 'list-single' ? [words] : words.split(/[,，、]/);
  const texts = parts.map((part) => part.trim()).filter((part) => part !== '' && part !== '-' && part !== '–');
  if (type === 'text-multi') return texts;
  const byName = valuesByName(options);
  return texts.map((part) => {
    const numberOf = numbered && /^\d{1,4}$/.test(part) ? Number(part) : 0;
    return byName.get(part.toLowerCase()) ?? options[numberOf - 1]?.value ?? part;
  });
}

/** By label and by value; of two with the same name the first counts. Each option is looked at once: a message may name thousands. */
function valuesByName(options: readonly Option[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { value, label } of options)
    for (const name of [label, value].map((word) => word.toLowerCase())) if (!values.has(name)) values.set(name, value);
  return values;
}

/** As a form has it; what is neither yes nor no stays, to be refused. */
function booleanIn(words: string): string {
  const said = words.toLowerCase();
  for (const language of LANGUAGES) {
    if (TEXTS[language].yes.includes(said)) return '1';
    if (TEXTS[language].no.includes(said)) return '0';
  }
  return said;
}

/** The word is there as a word; Chinese has no spaces between them. */
function beginsWith(text: string, word: string): boolean {
  if (text.slice(0, word.length).toLowerCase() !== word.toLowerCase()) return false;
  return !/[\p{Script=Latin}\d]$/u.test(word) || !/^[\p{L}\p{N}]/u.test(text.slice(word.length));
}

/**
 * The text behind the word. `sign`: what is dropped when it follows the word directly, such as the
 * colon of `Play: Foo`. A title may begin with the same sign, after a space.
 */
function restOf(text: string, word: string, sign = /^$/): string {
  return text.slice(word.length).replace(sign, '').trim();
}
