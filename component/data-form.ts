// XEP-0004: Data Forms, version 2.13.1 (https://xmpp.org/extensions/xep-0004.html)
import type { Done, Field, Stage } from './commands/command.ts';
import { type Element, textElement, xml } from './xml.ts';

export const DATA_FORM = 'jabber:x:data';

/** What was submitted: the values of each field by its name. */
export type Submitted = ReadonlyMap<string, readonly string[]>;

/** Fields of a submitted form that are read; more are no form of ours. */
const MOST_FIELDS = 100;

/** Section 3.1: a form to be filled in. `values` stand instead of those that the fields hold. */
export function formElement(stage: Stage, values: Submitted): Element {
  return xml(
    'x',
    { xmlns: DATA_FORM, type: 'form' },
    textElement('title', stage.title),
    textElement('instructions', stage.instructions),
    stage.fields.map((field) => fieldElement(field, values.get(field.name) ?? field.value)),
  );
}

/** What a command has to tell, its facts as fields and its table as section 3.4 has it; undefined when its notes say everything. */
export function resultElement({ title, facts = [], table }: Done): Element | undefined {
  if (facts.length === 0 && !table) return undefined;
  return xml(
    'x',
    { xmlns: DATA_FORM, type: 'result' },
    textElement('title', title),
    facts.map(({ name, label, value }) => valued('field', { var: name, label, type: 'text-single' }, [value])),
    table && reported(table.columns),
    table?.rows.map((row) =>
      xml(
        'item',
        {},
        table.columns.map(({ name }, i) => valued('field', { var: name }, [row[i] ?? ''])),
      ),
    ) ?? [],
  );
}

/** `cancel` when the form says so; undefined for anything that is no submitted form. */
export function readSubmitted(form: Element): Submitted | 'cancel' | undefined {
  if (form.attrs.type === 'cancel') return 'cancel';
  const fields = form.getChildren('field', DATA_FORM);
  if (form.attrs.type !== 'submit' || fields.length > MOST_FIELDS) return undefined;
  const submitted = new Map<string, readonly string[]>();
  for (const field of fields) {
    const { var: name } = field.attrs;
    if (name === undefined || submitted.has(name)) return undefined;
    submitted.set(
      name,
      field.getChildren('value', DATA_FORM).map((value) => value.getText()),
    );
  }
  return submitted;
}

function fieldElement({ name, type, label, hint, required, options = [] }: Field, values: readonly string[]): Element {
  return xml(
    'field',
    { var: name, type, label },
    textElement('desc', hint),
    required && xml('required'),
    values.map((value) => xml('value', {}, value)),
    options.map((option) => valued('option', { label: option.label }, [option.value])),
  );
}

function reported(columns: readonly { name: string; label: string }[]): Element {
  return xml(
    'reported',
    {},
    columns.map(({ name, label }) => xml('field', { var: name, label, type: 'text-single' })),
  );
}

function valued(name: string, attrs: Record<string, string>, values: readonly string[]): Element {
  return xml(
    name,
    attrs,
    values.map((value) => xml('value', {}, value)),
  );
}
