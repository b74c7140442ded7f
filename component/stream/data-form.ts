// XEP-0004: Data Forms, version 2.13.1 (https://xmpp.org/extensions/xep-0004.html)
import { type Element, textElement, xml } from './xml.ts';

/** Namespace of data forms (XEP-0004). */
export const DATA_FORM = 'jabber:x:data';

/** One thing that is asked. `value`: what it holds until it is answered; `hint`: how to answer. */
export type Field = {
  name: string;
  type: 'boolean' | 'list-multi' | 'list-single' | 'text-multi' | 'text-single';
  label: string;
  value: readonly string[];
  options?: readonly Option[];
  required?: true;
  hint?: string;
};
/** One of what may be chosen; `label`: as people read it. */
export type Option = { value: string; label: string };

/** `formType`: the protocol that the fields are of (XEP-0068), where they are of one. */
export type Form = { title: string; instructions: string; fields: readonly Field[]; formType?: string };

/** A column is of type `text-single` where it names none. */
export type Table = {
  columns: readonly { name: string; label: string; type?: 'jid-single' }[];
  rows: readonly (readonly string[])[];
};
/** A form of type `result`: facts one by one, a table, or both. `formType`: as of a form. */
export type Result = {
  title?: string;
  facts?: readonly { name: string; label: string; value: string }[];
  table?: Table;
  formType?: string;
};

/** What was submitted: the values of each field by its name. */
export type Submitted = ReadonlyMap<string, readonly string[]>;

/** Fields of a submitted form that are read; more are no form of ours. */
const MOST_FIELDS = 100;

/** Section 3.1: a form to be filled in. `values` stand instead of those that the fields hold. */
export function formElement({ title, instructions, fields, formType }: Form, values: Submitted = new Map()): Element {
  return xml(
    'x',
    { xmlns: DATA_FORM, type: 'form' },
    textElement('title', title),
    textElement('instructions', instructions),
    formTypeElement(formType),
    fields.map((field) => fieldElement(field, values.get(field.name) ?? field.value)),
  );
}

/** What there is to tell: facts as fields, and a table as section 3.4 has it. */
export function resultElement({ title, facts = [], table, formType }: Result): Element {
  return xml(
    'x',
    { xmlns: DATA_FORM, type: 'result' },
    textElement('title', title),
    formTypeElement(formType),
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

function formTypeElement(formType: string | undefined): Element | undefined {
  return formType === undefined ? undefined : valued('field', { var: 'FORM_TYPE', type: 'hidden' }, [formType]);
}

function reported(columns: Table['columns']): Element {
  return xml(
    'reported',
    {},
    columns.map(({ name, label, type = 'text-single' }) => xml('field', { var: name, label, type })),
  );
}

function valued(name: string, attrs: Record<string, string>, values: readonly string[]): Element {
  return xml(
    name,
    attrs,
    values.map((value) => xml('value', {}, value)),
  );
}
