import type { Field } from '../../stream/data-form.ts';
import type { Command, Done, Note, Stage, Visit } from '../command.ts';
import { commandsFor } from '../table.ts';
import type { Texts } from '../texts/texts.ts';

/** What can be done, one line each. */
export function helpText(visit: Visit): string {
  const { help, commands } = visit.texts;
  const lines = commandsFor(visit).map(({ name }) => `• ${commands[name].says} (${commands[name].title})`);
  return [help.intro, ...lines, help.outro].join('\n');
}

/** What is asked, and how to answer. */
export function stageText({ title, instructions, fields, notes = [] }: Stage, { name }: Command, texts: Texts): string {
  const { chat, commands } = texts;
  const [only] = fields;
  const asked = `${title}${chat.separator}${instructions}`;
  if (fields.length === 1 && only?.type === 'boolean') return [asked, chat.confirm].join('\n');
  if (fields.length === 1 && only?.type === 'text-single')
    return [...noteTexts(notes), asked, chat.answer(`${only.name} … (${only.hint ?? only.label})`)].join('\n');
  const word = commands[name].words.at(-1) ?? name;
  const example = chat.change(word, fields.at(0)?.name ?? '');
  return [...noteTexts(notes), asked, ...fields.flatMap((field) => fieldLines(field, texts)), example].join('\n');
}

/** What came of it. */
export function doneText({ notes, facts = [], table }: Done, { chat }: Texts): string {
  const rows = (table?.rows ?? []).map((row) => `• ${row.filter((cell) => cell !== '').join(' – ')}`);
  const lines = facts.map(({ label, value }) => `${label}${chat.separator}${value}`);
  return [...rows, ...lines, ...noteTexts(notes)].join('\n');
}

function noteTexts(notes: readonly Note[]): string[] {
  return notes.map(({ text }) => text);
}

/** A field with what it holds; what is to be chosen from comes numbered. */
function fieldLines({ name, label, type, value, options = [], hint }: Field, { chat, yesNo }: Texts): string[] {
  const labelOf = (one: string) => options.find((option) => option.value === one)?.label ?? one;
  const held = type === 'boolean' ? yesNo(value[0] === '1') : value.map(labelOf).join(', ') || chat.nothing;
  const offered = type === 'list-single' ? ` (${options.map(({ value: one }) => one).join(', ')})` : '';
  const numbered = type === 'list-multi' ? options.map((option, i) => `    ${i + 1}. ${option.label}`) : [];
  return [`• ${name}${offered || (hint ? ` (${hint})` : '')} – ${label}${chat.separator}${held}`, ...numbered];
}
